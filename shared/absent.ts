/**
 * For a `catch`: a value in place of a file or folder that is not there. Other errors are thrown
 * again; `isAlso`: another code that means the same there.
 */
export function ifAbsent<T>(value: T, isAlso?: 'ENOTDIR'): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT' || (isAlso !== undefined && error.code === isAlso)) return value;
    throw error;
  };
}

import { Problem } from './problem.ts';

/** Whether a failure means that a disk has no room left, or no room for us. */
export function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/**
 * Does work that writes into a place, and says where room is needed if there is none: the system's
 * own message names no file. Throws E_DISK_FULL.
 */
export async function needingRoom<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isFull(cause)) throw cause;
    throw new Problem('E_DISK_FULL', `There is no room left in ${place} (${(cause as Error).message}).`, { about: place, cause });
  }
}

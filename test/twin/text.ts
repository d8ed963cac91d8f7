/** Any JSON value as text: a string as it is, nothing as nothing, the rest as JSON. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

/** A kind of resource with its number, for people: `1 router`, `3 floating IPs`. */
export function countOf(kind: string, count: number): string {
  if (kind === 'routes') return `routes of ${count} ${count === 1 ? 'router' : 'routers'}`;
  return `${count} ${wordOf(kind)}${count === 1 ? '' : 's'}`;
}

/** A kind of resource in words: `security group rule`. */
export function wordOf(kind: string): string {
  return kind.replaceAll('_', ' ').replace(/\bip\b/, 'IP');
}

/** A kind of resource with its number, for people: `1 router`, `3 floating IPs`. */
export function countOf(kind: string, count: number): string {
  if (kind === 'routes') return `routes of ${count} ${count === 1 ? 'router' : 'routers'}`;
  return `${count} ${wordOf(kind)}${count === 1 ? '' : 's'}`;
}

/** A kind of resource in words: `security group rule`. */
export function wordOf(kind: string): string {
  return kind.replaceAll('_', ' ').replace(/\bip\b/, 'IP');
}

/**
 * A disk as its server's row or column already names the server: `root disk` for `<server>.root`.
 */
export function diskName(id: string, server: string): string {
  return id.startsWith(`${server}.`) ? `${id.slice(server.length + 1)} disk` : id;
}

/** How wide a column of names becomes at most: names of the cloud have up to 255 characters. */
export const widestName = 40;

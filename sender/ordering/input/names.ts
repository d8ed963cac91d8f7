import { Problem } from '../../../shared/problem.ts';
import type { NamedServer } from '../traffic/named-server.ts';

/**
 * Returns the function from a word to a server's id: the word is an id, or a name that only one
 * server has. It throws E_USAGE with `where`, the option or file of the word.
 */
export function serverFinder(servers: readonly NamedServer[], where: string): (word: string) => string {
  const ids = new Set(servers.map(({ id }) => id));
  const byName = new Map<string, string | null>();
  for (const { id, name } of servers) byName.set(name, byName.has(name) ? null : id);
  return (word) => {
    if (ids.has(word)) return word;
    const id = byName.get(word);
    if (typeof id === 'string') return id;
    const says =
      id === null ? `${word}, but several servers have that name: write the id` : `${word}, which is no server that moves`;
    throw new Problem('E_USAGE', `${where} names ${says}.`, { about: where });
  };
}

/** Parses a list of servers between commas. */
export function parseServerList(text: string, find: (word: string) => string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
    .map(find);
}

/** Parses `FIRST:LATER`. Names may hold colons if only one reading names two servers. */
export function parseServerPair(text: string, find: (word: string) => string, where: string): [string, string] {
  const cuts = [...text.matchAll(/:/g)].map(({ index }) => index);
  const readings = cuts.flatMap((cut): [string, string][] => {
    try {
      return [[find(text.slice(0, cut).trim()), find(text.slice(cut + 1).trim())]];
    } catch {
      return [];
    }
  });
  const [only] = readings;
  if (only !== undefined && readings.length === 1) return only;
  // With one colon the error can name the wrong word.
  if (cuts.length === 1) for (const word of text.split(':')) find(word.trim());
  throw new Problem('E_USAGE', `${where} ${text} does not name two servers as FIRST:LATER.`, { about: where });
}

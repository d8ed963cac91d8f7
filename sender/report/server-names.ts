/** The beginning of a campaign's id, which commands take in its place. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** A server as lists of servers hold it. */
interface ListedServer {
  readonly server: string;
  readonly name: string;
}

/**
 * Returns the servers with the beginning of the id behind every name that several of them have:
 * `app (3f2a1c)`. Servers whose ids begin alike show more of theirs.
 */
export function toldApart<S extends ListedServer>(servers: readonly S[]): S[] {
  const alike = Map.groupBy(servers, ({ name }) => name);
  return servers.map((one) => {
    const same = new Set((alike.get(one.name) ?? []).map(({ server }) => server));
    return same.size < 2 ? one : { ...one, name: `${one.name} (${uniqueBeginning(one.server, same)})` };
  });
}

/** Six characters of an id, or as many as tell it from the others. */
function uniqueBeginning(id: string, all: ReadonlySet<string>): string {
  let length = 6;
  while (length < id.length && [...all].filter((other) => other.startsWith(id.slice(0, length))).length > 1) length++;
  return id.slice(0, length);
}

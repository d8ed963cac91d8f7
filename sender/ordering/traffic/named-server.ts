/** A server by its id and the name that people gave it. */
export interface NamedServer {
  readonly id: string;
  readonly name: string;
}

/** Returns the function from a server's id to its name, or to the id where no name is known. */
export function namesOf(servers: readonly NamedServer[]): (id: string) => string {
  const names = new Map(servers.map(({ id, name }) => [id, name]));
  return (id) => names.get(id) ?? id;
}

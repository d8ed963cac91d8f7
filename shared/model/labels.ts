/** Something of a cloud by its id and the name that people gave it. */
export interface NamedThing {
  readonly id: string;
  readonly name: string;
}

/**
 * What people call each thing, by id: its name, with the beginning of the id behind every name that
 * several have: `app (3f2a1c)`. Things whose ids begin alike show more of theirs.
 */
export function labelsOf(things: readonly NamedThing[]): ReadonlyMap<string, string> {
  const alike = Map.groupBy(things, ({ name }) => name);
  return new Map(
    things.map(({ id, name }) => {
      const same = new Set((alike.get(name) ?? []).map((other) => other.id));
      return [id, same.size < 2 ? name : `${name} (${uniqueBeginning(id, same)})`];
    }),
  );
}

/** Six characters of an id, or as many as tell it from the others. */
function uniqueBeginning(id: string, all: ReadonlySet<string>): string {
  let length = 6;
  while (length < id.length && [...all].filter((other) => other.startsWith(id.slice(0, length))).length > 1) length++;
  return id.slice(0, length);
}

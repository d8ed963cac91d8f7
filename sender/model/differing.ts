/** The named attributes in which two readings of one thing differ, as text after `of`. */
export function differing(of: string, was: object, is: object, names: readonly string[]): string[] {
  const valueIn = (thing: object, name: string): unknown => (thing as Readonly<Record<string, unknown>>)[name];
  return names.flatMap((name) => {
    const before = canonical(valueIn(was, name));
    const after = canonical(valueIn(is, name));
    return before === after ? [] : [`${of}${name} ${after} instead of ${before}`];
  });
}

/** A value as text that does not depend on the order in which a cloud lists its parts. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([a], [b]) => a.localeCompare(b));
  return `{${entries.map(([name, one]) => `${name}: ${canonical(one)}`).join(', ')}}`;
}

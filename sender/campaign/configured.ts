import type { Fact } from '../migration/fact.ts';

/** What the receiver built before the first server, by kind, from the journal; null until then. */
export function configuredCounts(facts: readonly Fact[]): Readonly<Record<string, number>> | null {
  for (const fact of facts) {
    if (fact.fact !== 'done' || fact.server !== null) continue;
    const { counts } = (fact.learned ?? {}) as { readonly counts?: Readonly<Record<string, number>> };
    if (counts !== undefined) return counts;
  }
  return null;
}

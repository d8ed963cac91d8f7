import type { Fact } from '../migration/fact.ts';

/** What stands of the network side: all of it by kind, and how many of these were adopted. */
export interface Configured {
  readonly counts: Readonly<Record<string, number>>;
  readonly adopted?: number | undefined;
}

/** What the receiver built before the first server, from the journal; null until then. */
export function configuredIn(facts: readonly Fact[]): Configured | null {
  for (const fact of facts) {
    if (fact.fact !== 'done' || fact.server !== null) continue;
    const { counts, adopted } = (fact.learned ?? {}) as Partial<Configured>;
    // The totals that `complete` learned have no counts.
    if (counts !== undefined) return { counts, adopted };
  }
  return null;
}

import type { Fact } from '../migration/fact.ts';
import type { Learned } from '../migration/move.ts';

/** What the receiver said of the network side: all of it by kind, and how many were adopted. */
export interface Configured extends Pick<Learned, 'details'> {
  readonly counts: Readonly<Record<string, number>>;
  readonly adopted?: number | undefined;
}

/** What the receiver built before the first server, from the journal; null until then. */
export function configuredIn(facts: readonly Fact[]): Configured | null {
  for (const fact of facts) {
    if (fact.fact !== 'done' || fact.server !== null) continue;
    const learned = (fact.learned ?? {}) as Partial<Configured>;
    // The totals that `complete` learned have no counts.
    if (learned.counts !== undefined) return { ...learned, counts: learned.counts };
  }
  return null;
}

/** What the destination chose for the network side, by ref. */
export function configuredDetails(facts: readonly Fact[]): NonNullable<Learned['details']> {
  return configuredIn(facts)?.details ?? {};
}

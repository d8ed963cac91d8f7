import type { Fact } from '../migration/fact.ts';
import type { Learned } from '../migration/move.ts';

/** What the receiver said of the network side. */
interface Configured extends Pick<Learned, 'details'> {
  readonly counts: Readonly<Record<string, number>>;
}

/** What the receiver built before the first server, from the journal; null until then. */
function configuredIn(facts: readonly Fact[]): Configured | null {
  for (const fact of facts) {
    if (fact.fact !== 'done' || fact.server !== null) continue;
    const learned = (fact.learned ?? {}) as Partial<Configured>;
    if (learned.counts !== undefined) return { ...learned, counts: learned.counts };
  }
  return null;
}

/** What the receiver built before the first server, by kind; null until then. */
export function configuredCounts(facts: readonly Fact[]): Readonly<Record<string, number>> | null {
  return configuredIn(facts)?.counts ?? null;
}

/** What the destination chose for the network side, by ref. */
export function configuredDetails(facts: readonly Fact[]): NonNullable<Learned['details']> {
  return configuredIn(facts)?.details ?? {};
}

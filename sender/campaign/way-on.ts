import { endingAsked, type Fact, isCommitUnderWay } from '../migration/fact.ts';
import { campaignItinerary } from './itinerary.ts';

/** The steps of a commit that only look. */
const looks: ReadonlySet<string> = new Set(
  campaignItinerary.commit.steps.flatMap(({ name, onlyLooks }) => (onlyLooks ? [name] : [])),
);

/**
 * The only wish that a half-done commit or rollback allows: itself; null for any wish. A commit
 * that did not go past its look has done nothing.
 */
export function onlyWayOn(facts: readonly Fact[]): 'commit' | 'rollback' | null {
  const wish = endingAsked(facts)?.wish ?? null;
  return wish === 'commit' && !isCommitUnderWay(facts, looks) ? null : wish;
}

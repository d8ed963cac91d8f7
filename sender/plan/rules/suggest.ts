import type { DestinationFacts } from '../../../shared/cloud/facts.ts';
import type { Configurations } from '../../../shared/model/configurations.ts';
import type { Mappings } from '../../../shared/model/mappings.ts';
import { placeOf, targets, thingsOf } from './target.ts';
import { type MappableThing, partsOf, refOfThing } from './thing.ts';

/** What may take the place of something that nothing maps: a score from 0 to 1, and why. */
export interface MappingSuggestion {
  readonly ref: string;
  readonly name: string;
  /** The id or name at the destination. */
  readonly to: string;
  readonly score: number;
  readonly says: string;
}

/** Suggestions for one thing at the most, and the least score of one. */
const mostForOne = 3;
const leastScore = 0.3;

/**
 * What may take the place of the things that a plan does not map, the best first. A flavor that is
 * smaller than the one it replaces is never suggested.
 */
export function suggestionsFor(document: Configurations, mappings: Mappings, facts: DestinationFacts): MappingSuggestion[] {
  return thingsOf(document)
    .filter((thing) => placeOf(thing, mappings, facts) === null)
    .flatMap((thing) => best(thing, document, facts));
}

/**
 * The best suggestion for each thing, of those with at least this score. An alike name never proves
 * by itself that two are the same person.
 */
export function acceptedAbove(suggestions: readonly MappingSuggestion[], score: number): MappingSuggestion[] {
  return [...Map.groupBy(suggestions, ({ ref }) => ref).values()].flatMap(([first]) =>
    first !== undefined && first.score >= score && targets[partsOf(first.ref).maps].onlyByHand !== true ? [first] : [],
  );
}

function best(thing: MappableThing, document: Configurations, facts: DestinationFacts): MappingSuggestion[] {
  const { name } = thing;
  const ref = refOfThing(thing);
  const candidates = targets[thing.maps].candidates?.(thing, document, facts) ?? [];
  const isUnique = (wanted: string): boolean => candidates.filter((other) => other.name === wanted).length === 1;
  return candidates
    .map((one) => ({ ref, name, to: isUnique(one.name) ? one.name : one.id, ...one.scored }))
    .filter(({ score }) => score >= leastScore)
    .sort((a, b) => b.score - a.score)
    .slice(0, mostForOne);
}

import type { Journal } from '../../shared/journal.ts';
import { attemptOf } from './attempt.ts';
import type { Fact } from './fact.ts';
import type { Learned, Move } from './move.ts';

/** A move with everything its phases learned, read from the journal, which has the only copy. */
export function recall(move: Move, journal: Journal<Fact>): Move {
  const { attempt, facts } = attemptOf(journal.facts, move.server.id);
  return { ...move, attempt, learned: learnedIn(facts) };
}

/** What the phases of one attempt learned. */
export function learnedIn(facts: readonly Fact[]): Learned {
  let learned: Learned = {};
  for (const fact of facts) {
    if (fact.fact === 'stop asked') learned = merge(learned, { was: fact.was });
    if (fact.fact === 'done' || fact.fact === 'kept') learned = merge(learned, fact.learned as Learned | undefined);
  }
  return learned;
}

function merge(sum: Learned, more: Learned | undefined): Learned {
  if (more === undefined) return sum;
  const { built, details, ...rest } = more;
  return { ...sum, ...rest, built: { ...sum.built, ...built }, details: { ...sum.details, ...details } };
}

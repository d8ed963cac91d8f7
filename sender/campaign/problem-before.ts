import type { ProblemJson } from '../../shared/problem.ts';
import { endingAsked, type Fact, standingOf } from '../migration/fact.ts';
import { isOver } from './campaign-states.ts';

/**
 * What had stopped a campaign before its present commit or rollback was asked for, however often;
 * undefined once that has ended well. The operator needs it beside what stops the way back.
 */
export function problemBefore(facts: readonly Fact[]): ProblemJson | undefined {
  const ending = endingAsked(facts);
  if (ending === null || isOver(standingOf(facts))) return undefined;
  const other = facts.findLastIndex((fact) => fact.fact === 'asked' && fact.wish !== ending.wish);
  const asked = facts.findIndex((fact, index) => index > other && fact.fact === 'asked');
  const rest = facts.slice(0, asked).findLast((fact) => fact.fact === 'rests');
  return rest?.fact === 'rests' ? rest.problem : undefined;
}

/**
 * What had failed a server in an attempt before `now`, which keeps it from being taken back;
 * undefined where that is its only problem.
 */
export function failureBefore(attempt: readonly Fact[], now: ProblemJson | null): ProblemJson | undefined {
  const first = attempt.find((fact) => fact.fact === 'failed');
  if (now === null || first?.fact !== 'failed' || first.problem.says === now.says) return undefined;
  return first.problem;
}

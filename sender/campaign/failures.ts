import { fromJson, Problem, type ProblemJson } from '../../shared/problem.ts';
import type { Fact } from '../migration/fact.ts';
import type { Campaign } from './campaign.ts';

/** A server whose work failed, and why. */
export interface Failure {
  readonly name: string;
  readonly problem: Problem;
}

/**
 * The servers, by id, that could not be moved since the operator last asked for something, each
 * with what failed it first; why it could not be taken back either is added to its sentence.
 */
export function failuresSinceAsked(facts: readonly Fact[]): ReadonlyMap<string, ProblemJson> {
  const asked = facts.findLastIndex(({ fact }) => fact === 'asked');
  const failures = new Map<string, ProblemJson>();
  for (const fact of facts.slice(asked + 1)) {
    if (fact.fact !== 'failed') continue;
    const first = failures.get(fact.server);
    if (first === undefined) failures.set(fact.server, fact.problem);
    else if (!first.says.includes(fact.problem.says))
      failures.set(fact.server, { ...first, says: `${first.says} It could not be taken back: ${fact.problem.says}` });
  }
  return failures;
}

/** Failures of a daemon's own disk: every further server would be stopped only to meet them too. */
const meetEveryServer: ReadonlySet<string> = new Set(['E_DISK_FULL', 'E_DISK_FAILED']);

/**
 * Whether more servers failed than the plan's `max_failures`, without which none is too many, or
 * one failed for a reason that every server would meet.
 */
export function areTooMany(campaign: Campaign): boolean {
  return (
    isBeyondPlan(campaign) ||
    [...failuresSinceAsked(campaign.journal.facts).values()].some(({ code }) => meetEveryServer.has(code))
  );
}

function isBeyondPlan({ journal, plan }: Campaign): boolean {
  const most = plan.options.max_failures;
  return most !== undefined && failuresSinceAsked(journal.facts).size > most;
}

/** Throws what failed since the operator last asked for something, as one problem. */
export function throwFailures(campaign: Campaign): void {
  const { plan, journal } = campaign;
  const failures = [...failuresSinceAsked(journal.facts)].map(([server, problem]) => ({
    name: campaign.moveOf(server).server.name,
    problem: fromJson(problem),
  }));
  const stopped = isBeyondPlan(campaign)
    ? ` No further server was begun, because the plan lets ${plan.options.max_failures} fail.`
    : '';
  const total = plan.waves.flatMap(({ servers }) => servers).length;
  throwAll(failures, `of ${total} servers could not be moved`, stopped);
}

/** Throws several failures as one problem; returns where there is none. */
export function throwAll(failures: readonly Failure[], fails: string, also = ''): void {
  if (failures.length > 0) throw problemAbout(failures, fails, also);
}

/**
 * One problem about at least one failure, with the code of the first. `fails` ends its sentence,
 * which begins with their number: `of 34 servers …`.
 */
export function problemAbout(failures: readonly Failure[], fails: string, also = ''): Problem {
  const [first] = failures;
  if (first === undefined) throw new Problem('E_BUG', 'There is no failure to tell of.');
  const { problem } = first;
  if (failures.length === 1 && also === '') return problem;
  const each = failures.map(({ name, problem: { message } }) => `${name}: ${message}`).join(' ');
  return new Problem(problem.code, `${failures.length} ${fails}. ${each}${also}`, { hint: problem.hint, cause: problem });
}

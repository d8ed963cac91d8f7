import { type Aside, Semaphore } from '../../shared/concurrency/semaphore.ts';
import { refOf } from '../../shared/model/resource.ts';
import { asProblem, Problem } from '../../shared/problem.ts';
import { attemptOf } from '../migration/attempt.ts';
import { standingOf } from '../migration/fact.ts';
import { rollBack } from '../migration/migrate.ts';
import type { Move } from '../migration/move.ts';
import type { Campaign } from './campaign.ts';
import { awaitDelay } from './delay.ts';
import { areTooMany, failuresSinceAsked } from './failures.ts';
import { isOneStopped, type Loss, moveTogether } from './move-together.ts';
import { migrationOf } from './move-tools.ts';
import { cleanupSignal, isInterrupted, type StepTools, workSignal } from './step.ts';

/** What the journal calls the failure of a server that goes back with another one. */
const takenBackTogether = 'taken back together';

/**
 * Moves servers, several at once; stopped ones come first and always arrive. An atomic group counts
 * as one, for its servers need each other to go on. A server that fails is noted, and the others go
 * on; a pause, or more failures than the plan allows, halts those that still run. `mayBegin` false:
 * only failed servers are taken back, and stopped ones arrive. Throws only what is no single
 * server's failure, once all work has ended.
 */
export async function moveBatch(campaign: Campaign, moves: readonly Move[], tools: StepTools, mayBegin = true): Promise<void> {
  const slots = new Semaphore(campaign.plan.options.parallel);
  const noMore = new AbortController();
  const halted = AbortSignal.any([tools.halted, noMore.signal]);
  const haltIfTooMany = (): void => {
    if (areTooMany(campaign)) noMore.abort(new Problem('E_CANCELLED', 'Too many servers could not be moved.'));
  };
  if (!mayBegin) noMore.abort(new Problem('E_CANCELLED', 'No further server of this batch may begin.'));
  haltIfTooMany();
  const groups = campaign.groupsOf(moves);
  const isStopped = (group: readonly Move[]): boolean => isOneStopped(campaign, group);
  const inOrder = [...groups.filter(isStopped), ...groups.filter((group) => !isStopped(group))];
  const ends = inOrder.map((group) =>
    slots.run(async (withoutSlot) => {
      const mustArrive = isStopped(group);
      if (hasFailed(campaign, group)) return takeBack(campaign, group, tools);
      if (halted.aborted && !mustArrive) return;
      try {
        if (!mustArrive) await awaitDelay(campaign, AbortSignal.any([workSignal(tools), halted]));
        if (mustArrive || wantsMoves(campaign)) await moveOrRollBack(campaign, group, { ...tools, halted }, withoutSlot);
      } catch (error) {
        if (halted.aborted && !isInterrupted(tools) && isFrom(halted, error)) return;
        // A failure that was not noted is none of these servers, and ends the work.
        if (!hasFailed(campaign, group)) throw error;
        haltIfTooMany();
      }
    }),
  );
  const failure = (await Promise.allSettled(ends)).find((end) => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** Whether one of the servers has failed since the operator last asked for something. */
function hasFailed({ journal }: Campaign, group: readonly Move[]): boolean {
  const failures = failuresSinceAsked(journal.facts);
  return group.some(({ server }) => failures.has(server.id));
}

/** Finishes the rollback of servers that failed before a restart; they are not tried again. */
async function takeBack(campaign: Campaign, group: readonly Move[], tools: StepTools): Promise<void> {
  const { facts } = campaign.journal;
  const isBegun = group.some(({ server }) => attemptOf(facts, server.id).facts.some(({ fact }) => fact !== 'failed'));
  if (isBegun) await rollBackNoting(campaign, group, tools);
}

/** Rolls servers back; that this failed is noted, and ends no other server's move. */
async function rollBackNoting(campaign: Campaign, group: readonly Move[], tools: StepTools): Promise<void> {
  try {
    await rollBack(group, migrationOf(campaign, tools, cleanupSignal(tools)));
  } catch (error) {
    if (isInterrupted(tools)) throw error;
    const problem = asProblem(error).toJSON();
    for (const { server } of group) await campaign.journal.append({ fact: 'failed', server: server.id, problem });
  }
}

/** Whether the operator still wants servers to move. */
export function wantsMoves(campaign: Campaign): boolean {
  const standing = standingOf(campaign.journal.facts);
  return standing.is === 'working' && standing.wish === 'run';
}

/**
 * Moves the servers of a group; where one cannot be moved they are all rolled back, so that they
 * run at the source again.
 */
async function moveOrRollBack(campaign: Campaign, group: readonly Move[], tools: StepTools, withoutSlot: Aside): Promise<void> {
  const loss = await moveTogether(campaign, group, tools, withoutSlot);
  if (loss === null) return;
  const { error } = loss;
  if (isInterrupted(tools) || (tools.halted.aborted && isFrom(tools.halted, error))) throw error;
  // A lost receiver is the failure of no single server.
  if (!workSignal(tools).aborted) await noteFailure(campaign, group, loss);
  await rollBackNoting(campaign, group, tools);
  throw error;
}

/** Notes that the servers of a group are not moved: one failed, the others go back with it. */
async function noteFailure({ journal }: Campaign, group: readonly Move[], { move: first, error }: Loss): Promise<void> {
  const problem = asProblem(error);
  await journal.append({ fact: 'failed', server: first.server.id, problem: problem.toJSON() });
  for (const { server } of group) {
    if (server.id === first.server.id) continue;
    const says = `Server ${server.name} is taken back with ${first.server.name}, with which it shares volumes, and which could not be moved.`;
    const also = new Problem(problem.code, says, { about: refOf('server', server.id), hint: problem.hint, cause: problem });
    await journal.append({ fact: 'problem', server: server.id, phase: takenBackTogether, problem: also.toJSON() });
    await journal.append({ fact: 'failed', server: server.id, problem: also.toJSON() });
  }
}

/** Whether an error only says that a signal aborted. */
function isFrom({ reason }: AbortSignal, error: unknown): boolean {
  return error === reason || (error instanceof Error && error.cause === reason);
}

import { type Aside, Semaphore } from '../../shared/concurrency/semaphore.ts';
import { asProblem, Problem } from '../../shared/problem.ts';
import { attemptOf } from '../migration/attempt.ts';
import { wasStopped } from '../migration/durations.ts';
import { type Fact, standingOf } from '../migration/fact.ts';
import { migrate, rollBack } from '../migration/migrate.ts';
import type { Move } from '../migration/move.ts';
import type { Campaign } from './campaign.ts';
import { awaitDelay } from './delay.ts';
import { DowntimeProbe } from './downtime-probe.ts';
import { areTooMany, failuresSinceAsked } from './failures.ts';
import { migrationOf } from './move-tools.ts';
import { cleanupSignal, isInterrupted, type StepTools, workSignal } from './step.ts';

/**
 * Moves servers, several at once; stopped ones come first and always arrive. A server that fails is
 * noted, and the others go on; a pause, or more failures than the plan allows, halts those that
 * still run. `mayBegin` false: only failed servers are taken back, and stopped ones arrive. Throws
 * only what is no single server's failure, once all work has ended.
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
  const isStopped = (move: Move): boolean => wasStopped(attemptOf(campaign.journal.facts, move.server.id).facts);
  const inOrder = [...moves.filter(isStopped), ...moves.filter((move) => !isStopped(move))];
  const ends = inOrder.map((move) =>
    slots.run(async (withoutSlot) => {
      const mustArrive = isStopped(move);
      if (hasFailed(campaign, move)) return takeBack(campaign, move, tools);
      if (halted.aborted && !mustArrive) return;
      try {
        if (!mustArrive) await awaitDelay(campaign, AbortSignal.any([workSignal(tools), halted]));
        if (mustArrive || wantsMoves(campaign)) await moveOrRollBack(campaign, move, { ...tools, halted }, withoutSlot);
      } catch (error) {
        if (halted.aborted && !isInterrupted(tools) && isFrom(halted, error)) return;
        // A failure that was not noted is none of this server, and ends the work.
        if (!hasFailed(campaign, move)) throw error;
        haltIfTooMany();
      }
    }),
  );
  const failure = (await Promise.allSettled(ends)).find((end) => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** Whether a server has failed since the operator last asked for something. */
function hasFailed({ journal }: Campaign, { server }: Move): boolean {
  return failuresSinceAsked(journal.facts).has(server.id);
}

/** Finishes the rollback of a server that failed before a restart; it is not tried again. */
async function takeBack(campaign: Campaign, move: Move, tools: StepTools): Promise<void> {
  const { facts } = attemptOf(campaign.journal.facts, move.server.id);
  if (facts.some(({ fact }) => fact !== 'failed')) await rollBackNoting(campaign, move, tools);
}

/** Rolls a server back; that this failed is noted, and ends no other server's move. */
async function rollBackNoting(campaign: Campaign, move: Move, tools: StepTools): Promise<void> {
  try {
    await rollBack(move, migrationOf(campaign, tools, cleanupSignal(tools)));
  } catch (error) {
    if (isInterrupted(tools)) throw error;
    await campaign.journal.append({ fact: 'failed', server: move.server.id, problem: asProblem(error).toJSON() });
  }
}

/** Whether the operator still wants servers to move. */
export function wantsMoves(campaign: Campaign): boolean {
  const standing = standingOf(campaign.journal.facts);
  return standing.is === 'working' && standing.wish === 'run';
}

/**
 * Moves one server; one that cannot be moved is rolled back, so that it runs at the source again.
 */
async function moveOrRollBack(campaign: Campaign, move: Move, tools: StepTools, withoutSlot: Aside): Promise<void> {
  const signal = workSignal(tools);
  const note = (fact: Fact): Promise<unknown> => campaign.journal.append(fact);
  const downtime = new DowntimeProbe(move, { campaign: campaign.id, ask: tools.ask, note, signal });
  const migration = migrationOf(campaign, tools, signal, withoutSlot);
  try {
    await migrate(move, { ...migration, around: (phase, now, work) => downtime.around(phase, now, work) });
    await downtime.settled();
  } catch (error) {
    await downtime.settled();
    if (isInterrupted(tools) || (tools.halted.aborted && isFrom(tools.halted, error))) throw error;
    // A lost receiver is the failure of no single server.
    if (!signal.aborted) await note({ fact: 'failed', server: move.server.id, problem: asProblem(error).toJSON() });
    await rollBackNoting(campaign, move, tools);
    throw error;
  }
}

/** Whether an error only says that a signal aborted. */
function isFrom({ reason }: AbortSignal, error: unknown): boolean {
  return error === reason || (error instanceof Error && error.cause === reason);
}

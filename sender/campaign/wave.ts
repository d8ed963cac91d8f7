import { type Aside, Semaphore } from '../../shared/concurrency/semaphore.ts';
import { Problem } from '../../shared/problem.ts';
import { attemptOf } from '../migration/attempt.ts';
import { wasStopped } from '../migration/durations.ts';
import { type Fact, standingOf } from '../migration/fact.ts';
import { migrate, rollBack } from '../migration/migrate.ts';
import type { Move } from '../migration/move.ts';
import type { Campaign } from './campaign.ts';
import { awaitDelay } from './delay.ts';
import { DowntimeProbe } from './downtime-probe.ts';
import { migrationOf } from './move-tools.ts';
import { cleanupSignal, isInterrupted, type StepTools, workSignal } from './step.ts';

/**
 * Moves servers, several at once; stopped ones come first and always arrive. A failure or a pause
 * halts the others. Throws the first failure once all work has ended.
 */
export async function moveBatch(campaign: Campaign, moves: readonly Move[], tools: StepTools): Promise<void> {
  const slots = new Semaphore(campaign.plan.options.parallel);
  const failed = new AbortController();
  const halted = AbortSignal.any([tools.halted, failed.signal]);
  const isStopped = (move: Move): boolean => wasStopped(attemptOf(campaign.journal.facts, move.server.id).facts);
  const inOrder = [...moves.filter(isStopped), ...moves.filter((move) => !isStopped(move))];
  const ends = inOrder.map((move) =>
    slots.run(async (withoutSlot) => {
      const mustArrive = isStopped(move);
      if (halted.aborted && !mustArrive) return;
      try {
        if (!mustArrive) await awaitDelay(campaign, AbortSignal.any([workSignal(tools), halted]));
        if (mustArrive || wantsMoves(campaign)) await moveOrRollBack(campaign, move, { ...tools, halted }, withoutSlot);
      } catch (error) {
        if (halted.aborted && !isInterrupted(tools) && isFrom(halted, error)) return;
        failed.abort(new Problem('E_CANCELLED', `Server ${move.server.name} could not be moved.`));
        throw error;
      }
    }),
  );
  const failure = (await Promise.allSettled(ends)).find((end) => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
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
    await rollBack(move, migrationOf(campaign, tools, cleanupSignal(tools)));
    throw error;
  }
}

/** Whether an error only says that a signal aborted. */
function isFrom({ reason }: AbortSignal, error: unknown): boolean {
  return error === reason || (error instanceof Error && error.cause === reason);
}

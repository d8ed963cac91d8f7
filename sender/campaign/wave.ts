import { type Aside, Semaphore } from '../../shared/concurrency/semaphore.ts';
import { Problem } from '../../shared/problem.ts';
import { attemptOf, type Fact, standingOf, wasStopped } from '../migration/fact.ts';
import { migrate, rollBack } from '../migration/migrate.ts';
import type { Move } from '../migration/phase.ts';
import type { Campaign } from './campaign.ts';
import { DowntimeProbe } from './downtime.ts';
import { type CourseTools, either, isCalledOff, walkOf } from './journey-tools.ts';
import { pauseBetween } from './pause.ts';

/**
 * Moves servers, so many at once and those that an interruption left down first; nothing keeps these from arriving. A failure or a pause halts the others; the
 * first failure is thrown once all that are down have arrived.
 */
export async function moveWave(campaign: Campaign, moves: readonly Move[], tools: CourseTools): Promise<void> {
  const { parallel } = campaign.plan.options;
  const places = new Semaphore(parallel);
  const failed = new AbortController();
  const halted = AbortSignal.any([tools.halted, failed.signal]);
  const isDown = (move: Move): boolean => wasStopped(attemptOf(campaign.journal.facts, move.server.id).facts);
  const ends = [...moves.filter(isDown), ...moves.filter((move) => !isDown(move))].map((move) =>
    places.run(async (aside) => {
      const down = isDown(move);
      if (halted.aborted && !down) return;
      try {
        if (!down) await pauseBetween(campaign, AbortSignal.any([either(tools), halted]));
        if (down || isRunning(campaign)) await moveOrTakeBack(campaign, move, { ...tools, halted }, aside);
      } catch (error) {
        if (halted.aborted && !isCalledOff(tools) && wasHalted(error, halted)) return;
        failed.abort(new Problem('E_CANCELLED', `Server ${move.server.name} could not be moved.`));
        throw error;
      }
    }),
  );
  const failure = (await Promise.allSettled(ends)).find((end) => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** Whether an error is only that somebody was halted. */
function wasHalted(error: unknown, { reason }: AbortSignal): boolean {
  return error === reason || (error instanceof Error && error.cause === reason);
}

/** Moves one server; one that cannot be moved is taken back, so that it runs at the source again. */
async function moveOrTakeBack(campaign: Campaign, move: Move, tools: CourseTools, aside: Aside): Promise<void> {
  const note = (fact: Fact): Promise<unknown> => campaign.journal.append(fact);
  const downtime = new DowntimeProbe(move, { campaign: campaign.id, ask: tools.ask, note, signal: either(tools) });
  const walk = walkOf(campaign, tools, either(tools), aside);
  try {
    await migrate(move, { ...walk, around: (phase, now, work) => downtime.around(phase, now, work) });
    await downtime.settled();
  } catch (error) {
    await downtime.settled();
    if (isCalledOff(tools) || (tools.halted.aborted && wasHalted(error, tools.halted))) throw error;
    await rollBack(move, walkOf(campaign, tools, AbortSignal.any([tools.signal, tools.overruled])));
    throw error;
  }
}

/** Whether the operator still wants servers to move. */
export function isRunning(campaign: Campaign): boolean {
  const standing = standingOf(campaign.journal.facts);
  return standing.is === 'working' && standing.wish === 'run';
}

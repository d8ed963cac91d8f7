import { type Aside, Semaphore } from '../../shared/concurrency/semaphore.ts';
import { attemptOf, begunAmong, isTurnedBack } from '../migration/attempt.ts';
import { wasStopped } from '../migration/durations.ts';
import type { Fact } from '../migration/fact.ts';
import { itinerary } from '../migration/itinerary.ts';
import { type Migration, migrate, rollBack } from '../migration/migrate.ts';
import type { Move } from '../migration/move.ts';
import type { Campaign } from './campaign.ts';
import { DowntimeProbe } from './downtime-probe.ts';
import { migrationOf } from './move-tools.ts';
import { Rendezvous } from './rendezvous.ts';
import { type StepTools, workSignal } from './step.ts';

/** What ended the move of a group: the first of its servers that went no further, and why. */
export interface Loss {
  readonly move: Move;
  readonly error: unknown;
}

/** Whether one of some servers is stopped in the middle of its move, or has moved. */
export function isOneStopped({ journal }: Campaign, group: readonly Move[]): boolean {
  return group.some(({ server }) => wasStopped(attemptOf(journal.facts, server.id).facts));
}

/**
 * Moves the servers of an atomic group at the same time, or one server alone. An unfinished
 * rollback is finished first. Where one goes no further the others are interrupted where they are,
 * and nobody waits for anybody any more. Returns what ended it, once all have ended; null where all
 * have moved.
 */
export async function moveTogether(
  campaign: Campaign,
  group: readonly Move[],
  tools: StepTools,
  withoutSlot: Aside,
): Promise<Loss | null> {
  const { id, journal } = campaign;
  const broken = new AbortController();
  const signal = workSignal(tools);
  // One that waits for its cutover keeps the slot for those that are at work beside it.
  const aside: Aside = group.length === 1 ? withoutSlot : (waiting) => waiting();
  const migration = migrationOf(campaign, tools, signal, aside);
  const [lead] = group;
  if (lead !== undefined && group.some(({ server }) => isTurnedBack(journal.facts, server.id))) {
    const back = await rollBack(group, migration).then(
      () => null,
      (error: unknown) => ({ move: lead, error }),
    );
    if (back !== null) return back;
  }
  const turns = new Semaphore(1);
  const company = group.length === 1 ? {} : { company: companyOf(campaign, group, broken.signal) };
  const note = (fact: Fact): Promise<unknown> => journal.append(fact);
  let loss: Loss | null = null;
  const moveOne = async (move: Move): Promise<void> => {
    const downtime = new DowntimeProbe(move, { campaign: id, ask: tools.ask, note, signal });
    const around: Migration['around'] = (phase, now, work) => {
      const measured = () => downtime.around(phase, now, work);
      return phase.inTurn === true ? turns.run(measured, AbortSignal.any([signal, broken.signal])) : measured();
    };
    try {
      await migrate(move, Object.assign({}, migration, company, { around }));
    } catch (error) {
      loss ??= { move, error };
      broken.abort(error);
    }
    await downtime.settled();
  };
  await Promise.all(group.filter(({ server }) => !campaign.moved(server.id)).map(moveOne));
  return loss;
}

/**
 * How the servers of a group wait for each other, whether one is stopped already, and when one goes
 * no further.
 */
function companyOf(campaign: Campaign, group: readonly Move[], broken: AbortSignal): NonNullable<Migration['company']> {
  const hasPassed = (server: string, phase: string): boolean => {
    const begun = begunAmong(attemptOf(campaign.journal.facts, server).facts);
    return itinerary.slice(itinerary.findIndex(({ name }) => name === phase)).some(({ name }) => begun.has(name));
  };
  const rendezvous = new Rendezvous(
    group.map(({ server }) => server.id),
    hasPassed,
  );
  return {
    isStopped: isOneStopped(campaign, group),
    broken,
    meet: (server, { name }, signal) => rendezvous.meet(server, name, signal),
  };
}

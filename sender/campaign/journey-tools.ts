import type { SourceCloud, SourceRetirement } from '../../shared/cloud/cloud.ts';
import type { Aside } from '../../shared/concurrency/semaphore.ts';
import type { OfferDisk, OnDisk } from '../disks/offer-disk.ts';
import { attemptOf, sinceLetGo } from '../migration/fact.ts';
import { downtimeOf, type PastMove } from '../migration/forecast.ts';
import { itineraryTo } from '../migration/itinerary.ts';
import type { Walk } from '../migration/migrate.ts';
import type { Ask, Tools } from '../migration/phase.ts';
import { roundsOf } from '../migration/round.ts';
import { stagesOf } from '../report/report.ts';
import type { Campaign } from './campaign.ts';
import { pauseLeftMs } from './pause.ts';

/** What a course works with. */
export interface CourseTools {
  readonly source: SourceCloud;
  /** Opens the one client that may touch moved servers; nothing but commit calls it. */
  readonly retirement: () => Promise<SourceRetirement>;
  readonly ask: Ask;
  readonly offer: OfferDisk;
  readonly onDisk: OnDisk;
  readonly retryDelaysMs: readonly number[];
  /** What earlier moves took, of this and of other campaigns. */
  readonly history: () => readonly PastMove[];
  /** Aborts when the daemon stops: everything stays where it is and goes on after the restart. */
  readonly signal: AbortSignal;
  /** Aborts when another wish takes over: everything stays where it is, for the wish to decide. */
  readonly overruled: AbortSignal;
  /** Aborts when the operator asked for a pause: servers that are not down yet stop on their way. */
  readonly halted: AbortSignal;
  /** Aborts when the receiver has been away for too long: the servers on their way are taken back. */
  readonly deserted: AbortSignal;
}

/** Whether the daemon stops (nothing is taken back; the restart goes on) or another wish takes over (it decides for itself). A lost receiver is neither. */
export function isCalledOff({ signal, overruled }: CourseTools): boolean {
  return signal.aborted || overruled.aborted;
}

/** Aborts when nothing more may be done for the present wish. */
export function either({ signal, overruled, deserted }: CourseTools): AbortSignal {
  return AbortSignal.any([signal, overruled, deserted]);
}

/** What one walk along the itinerary needs, of what a course works with. */
export function walkOf(
  campaign: Campaign,
  tools: CourseTools,
  signal = either(tools),
  aside: Aside = (waiting) => waiting(),
): Walk {
  const { source, ask, offer, onDisk, retryDelaysMs, halted } = tools;
  const { journal } = campaign;
  const timesOf: Tools['timesOf'] = (server) => {
    const { facts } = attemptOf(campaign.journal.facts, server);
    const stop = sinceLetGo(facts).find((fact) => fact.fact === 'begun' && fact.phase === 'stop');
    const stages = Object.fromEntries(stagesOf(facts).map(({ name, ms }) => [name, ms]));
    return { stages, downtimeMs: stop === undefined ? 0 : Date.now() - Date.parse(stop.at) };
  };
  const own: Tools = {
    campaign: campaign.id,
    timesOf,
    source,
    ask,
    offer,
    onDisk,
    options: campaign.plan.options,
    rounds: {
      of: (server) => roundsOf(journal.facts, server),
      add: async (server, round) => void (await journal.append({ fact: 'round', server, ...round })),
    },
    isCutoverAsked: (server) => attemptOf(journal.facts, server).facts.some(({ fact }) => fact === 'cutover asked'),
    // What a server's downtime is when it goes into a bundle is nothing that we know.
    forecastOf: (move) =>
      campaign.plan.to === 'bundle'
        ? null
        : downtimeOf(move, roundsOf(journal.facts, move.server.id), tools.history(), Date.now()),
    pauseLeftMs: () => pauseLeftMs(campaign, Date.now()),
    aside,
    folder: campaign.folder,
    signal,
  };
  return {
    itinerary: itineraryTo(campaign.plan.to),
    journal,
    tools: own,
    retryDelaysMs,
    halted,
    around: (_phase, _move, work) => work(),
  };
}

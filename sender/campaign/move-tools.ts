import type { Aside } from '../../shared/concurrency/semaphore.ts';
import { attemptOf, isCutoverAsked, roundsOf, seenStoppedAs } from '../migration/attempt.ts';
import { isStopAsked } from '../migration/durations.ts';
import { exceptedFrom } from '../migration/fact.ts';
import { forecastOf } from '../migration/forecast.ts';
import { itineraryTo } from '../migration/itinerary.ts';
import { leftOutOf } from '../migration/left-out.ts';
import type { Migration } from '../migration/migrate.ts';
import type { Move } from '../migration/move.ts';
import type { Tools } from '../migration/phase.ts';
import { mustBeAsFrozen } from '../migration/phases/alone.ts';
import { mustBeAsCaptured } from '../migration/phases/as-captured.ts';
import { copy } from '../migration/phases/copy.ts';
import { mustBeStopped } from '../migration/phases/freeze.ts';
import { mustBeAbleToReturn } from '../migration/phases/stop.ts';
import { recall } from '../migration/recall.ts';
import { destinationAtReceiver } from '../migration/receiver-destination.ts';
import type { Campaign } from './campaign.ts';
import { delayLeftMs } from './delay.ts';
import { type StepTools, workSignal } from './step.ts';

/** What the migration or the rollback of a campaign's servers needs. */
export function migrationOf(
  campaign: Campaign,
  tools: StepTools,
  signal = workSignal(tools),
  withoutSlot: Aside = (waiting) => waiting(),
): Migration {
  const { journal, plan } = campaign;
  return {
    itinerary: itineraryTo(plan.to),
    journal,
    tools: phaseToolsOf(campaign, tools, signal, withoutSlot),
    retryDelaysMs: tools.retryDelaysMs,
    halted: tools.halted,
    around: (_phase, _move, work) => work(),
  };
}

function phaseToolsOf(campaign: Campaign, tools: StepTools, signal: AbortSignal, withoutSlot: Aside): Tools {
  const { id, folder, journal, plan, document } = campaign;
  const { source, ask, offer, onDisk, history } = tools;
  const leftOut = leftOutOf(plan, document, journal.facts);
  const moveOf = (server: string): Move => recall(campaign.moveOf(server), journal);
  const offerTools = { campaign: id, source, folder, onDisk };
  const isGivenUp = (server: string): boolean => exceptedFrom(journal.facts, 'rollback', 'giveUp').has(server);
  return {
    ...offerTools,
    offer,
    signal,
    options: plan.options,
    // A bundle has no receiver: its import builds everything.
    prepare: async (ref, until) =>
      plan.to === 'bundle' ? null : ((await ask('resource.prepare', { campaign: id, ref }, until)).built ?? null),
    destination: destinationAtReceiver({ campaign: id, ask, folder, journal, moveOf }),
    mustBeStopped: async (server, until) => {
      const move = moveOf(server);
      if (move.kind !== 'server') return mustBeAsFrozen(move, { source }, until);
      // One that runs writes to the volumes that all of its group have.
      const looks = move.group.map(moveOf).map(async (one) => {
        const isCaptured = mustBeAsCaptured(one, { source, document, leftOut }, until);
        await Promise.all([mustBeStopped(one, source, until), isCaptured]);
      });
      return void (await Promise.all(looks));
    },
    mustBeAbleToReturn: (server, until) => mustBeAbleToReturn(moveOf(server), { source, isGivenUp, signal: until }),
    copyAgain: async (server, until) => void (await copy(moveOf(server), { ...offerTools, offer, signal: until })),
    rounds: {
      of: (server) => roundsOf(journal.facts, server),
      add: async (server, round) => void (await journal.append({ fact: 'round', server, ...round })),
    },
    document,
    leftOut,
    stops: {
      isAsked: (server) => isStopAsked(attemptOf(journal.facts, server).facts),
      ask: async (server, was) => void (await journal.append({ fact: 'stop asked', server, was })),
      seenAs: (server) => seenStoppedAs(attemptOf(journal.facts, server).facts),
      see: async (server, generation) => void (await journal.append({ fact: 'seen stopped', server, generation })),
    },
    isGivenUp,
    // They are stopped together.
    isCutoverAsked: (server) => campaign.moveOf(server).group.some((one) => isCutoverAsked(journal.facts, one)),
    // The downtime of a server that goes into a bundle cannot be known here.
    forecastOf: (move) =>
      plan.to === 'bundle' ? null : forecastOf(move, roundsOf(journal.facts, move.server.id), history(), Date.now()),
    delayLeftMs: () => delayLeftMs(campaign, Date.now()),
    withoutSlot,
  };
}

import { attemptsOf } from '../migration/attempt.ts';
import { durationsOf } from '../migration/durations.ts';
import type { PastMove } from '../migration/forecast.ts';
import { learnedIn } from '../migration/recall.ts';
import { serversOf } from '../model/plan.ts';
import type { Campaign } from './campaign.ts';

/**
 * What the moves of a campaign took: what a forecast learns from. An attempt that was rolled back
 * measured every phase that it finished.
 */
export function historyOf({ plan, journal }: Campaign): PastMove[] {
  return serversOf(plan).flatMap((server) =>
    attemptsOf(journal.facts, server).flatMap((facts, index): PastMove[] => {
      const durations = durationsOf(facts);
      if (durations.length === 0) return [];
      const sealed = Object.values(learnedIn(facts).sealed ?? {});
      return [
        {
          phases: Object.fromEntries(durations.map(({ name, ms }) => [name, ms])),
          sizeBytes: sealed.reduce((sum, { size }) => sum + size, 0),
          // The copy of an earlier attempt stays at the receiver.
          partial: index > 0 || facts.some(({ fact }) => fact === 'round'),
        },
      ];
    }),
  );
}

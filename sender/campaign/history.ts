import { attemptOf, roundsOf } from '../migration/attempt.ts';
import { durationsOf } from '../migration/durations.ts';
import type { PastMove } from '../migration/forecast.ts';
import { recall } from '../migration/recall.ts';
import type { Campaign } from './campaign.ts';

/** What the finished moves of some campaigns took: what a forecast learns from. */
export function historyOf(campaigns: readonly Campaign[]): PastMove[] {
  return campaigns.flatMap((campaign) =>
    campaign
      .moves()
      .flatMap(({ moves }) => moves)
      .filter(({ server }) => campaign.moved(server.id))
      .map((move) => {
        const sealed = Object.values(recall(move, campaign.journal).learned.sealed ?? {});
        const durations = durationsOf(attemptOf(campaign.journal.facts, move.server.id).facts);
        return {
          phases: Object.fromEntries(durations.map(({ name, ms }) => [name, ms])),
          sizeBytes: sealed.reduce((sum, { size }) => sum + size, 0),
          warm: roundsOf(campaign.journal.facts, move.server.id).length > 0,
        };
      }),
  );
}

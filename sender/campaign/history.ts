import { attemptOf } from '../migration/fact.ts';
import type { PastMove } from '../migration/forecast.ts';
import { recall } from '../migration/migrate.ts';
import { roundsOf } from '../migration/round.ts';
import { stagesOf } from '../report/report.ts';
import type { Campaign } from './campaign.ts';

/** What the moves of some campaigns took that are through: what a forecast learns from. */
export function historyOf(campaigns: readonly Campaign[]): PastMove[] {
  return campaigns.flatMap((campaign) =>
    campaign
      .moves()
      .flatMap(({ moves }) => moves)
      .filter(({ server }) => campaign.moved(server.id))
      .map((move) => {
        const sealed = Object.values(recall(move, campaign.journal).learned.sealed ?? {});
        const stages = stagesOf(attemptOf(campaign.journal.facts, move.server.id).facts);
        return {
          stages: Object.fromEntries(stages.map(({ name, ms }) => [name, ms])),
          sizeBytes: sealed.reduce((sum, { size }) => sum + size, 0),
          warm: roundsOf(campaign.journal.facts, move.server.id).length > 0,
        };
      }),
  );
}

import { command, stream } from '../../../shared/control/command.ts';
import { OfCampaign } from '../../../shared/control/params.ts';
import { Problem } from '../../../shared/problem.ts';
import { campaignStates } from '../../campaign/campaign-states.ts';
import type { DiskVerdict } from '../../campaign/verify.ts';
import type { Report } from '../../report/model.ts';
import { reportOf } from '../../report/report.ts';
import type { SenderContext } from '../context.ts';

/** Reads both sides of a finished campaign again. Any other command to the campaign ends it. */
export const verify = command({
  does: 'Before a commit, read every moved disk again on both sides and compare them. Nothing is written on either cloud.',
  params: OfCampaign,
  run: async ({ campaign: id }, { campaigns }: SenderContext): Promise<readonly DiskVerdict[]> => {
    const runner = await campaigns.find(id);
    const { state } = runner.status();
    if (!campaignStates[state].allows.includes('verify') || runner.campaign.plan.to === 'bundle')
      throw new Problem('E_CAMPAIGN_STATE', `Campaign ${id} is ${state}; only one that is ready has two sides to compare.`, {
        hint: 'A bundle is verified where it is imported; any other campaign once it is ready.',
      });
    return await runner.verify();
  },
});

/** What a campaign did, derived from its journal. */
export const report = command({
  does: 'Show what a campaign did: the time of every phase, bytes, downtime and digests of each server, and the totals.',
  params: OfCampaign,
  run: async ({ campaign: id }, { campaigns }: SenderContext): Promise<Report> => {
    const runner = await campaigns.find(id);
    return reportOf(runner.campaign, runner.status().state);
  },
});

/** The journal of a campaign, oldest first. */
export const log = command({
  does: 'Show the journal of a campaign: everything it did and every problem, in order.',
  params: OfCampaign,
  run: async ({ campaign }, { campaigns }: SenderContext): Promise<readonly object[]> =>
    (await campaigns.find(campaign)).campaign.journal.facts,
});

/** The journal of a campaign from its beginning, and on as it grows. */
export const follow = stream({
  does: 'Stay and show new entries as they come.',
  params: OfCampaign,
  run: async function* ({ campaign: id }, { campaigns, changes }: SenderContext, signal) {
    const { facts } = (await campaigns.find(id)).campaign.journal;
    let told = 0;
    while (!signal.aborted) {
      yield* facts.slice(told) as readonly object[];
      told = facts.length;
      await changes.wait(signal);
    }
  },
});

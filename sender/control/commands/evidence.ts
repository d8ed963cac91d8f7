import { join } from 'node:path';
import { z } from 'zod';
import { loadOrCreateIdentity } from '../../../protocol/transport/identity.ts';
import { command, stream } from '../../../shared/control/command.ts';
import { OfCampaign } from '../../../shared/control/params.ts';
import { Problem } from '../../../shared/problem.ts';
import { campaignStates } from '../../campaign/campaign-states.ts';
import { lastVerification, type Verification } from '../../campaign/compare/verification.ts';
import { Waivers } from '../../campaign/compare/waivers.ts';
import type { Report } from '../../report/model.ts';
import { reportOf } from '../../report/report.ts';
import type { SenderContext } from '../context.ts';

/** Reads both sides of a finished campaign again. Any other command to the campaign ends it. */
export const verify = command({
  does: 'Read both sides of a campaign again: every attribute of every resource and, before the commit, every moved disk. Nothing is written on either cloud.',
  exits: [10, 11, 12, 20, 21, 22, 30, 31, 32, 40],
  params: OfCampaign.extend({ waivers: Waivers.shape.waivers.optional(), proof: z.boolean().optional() }),
  run: async (
    { campaign: id, waivers = [], proof = false },
    { campaigns, config }: SenderContext,
  ): Promise<Verification & { readonly proof?: string }> => {
    const identity = proof ? await loadOrCreateIdentity(join(config.state, 'identity'), 'sender') : undefined;
    // A runner that was found is used at once: one that is over is closed.
    const runner = await campaigns.find(id);
    const { state } = runner.status();
    const hasTwoSides = campaignStates[state].allows.includes('verify') || state === 'committed';
    if (!hasTwoSides || runner.campaign.plan.to === 'bundle')
      throw new Problem('E_CAMPAIGN_STATE', `Campaign ${id} is ${state}; only one that is ready has two sides to compare.`, {
        hint: 'A bundle is verified where it is imported; any other campaign once it is ready.',
      });
    const { verification, ...more } = await runner.verify(waivers, identity);
    return { ...verification, ...more };
  },
});

/** What a campaign did, derived from its journal. */
export const report = command({
  does: 'Show what a campaign did: the time of every phase, bytes, downtime and digests of each server, and the totals.',
  params: OfCampaign,
  run: async ({ campaign: id }, { campaigns }: SenderContext): Promise<Report> => {
    const runner = await campaigns.find(id);
    const verification = await lastVerification(runner.campaign.folder);
    return reportOf(runner.campaign, runner.status().state, verification);
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

import { z } from 'zod';
import { command, download } from '../../../shared/control/command.ts';
import { OfCampaign } from '../../../shared/control/params.ts';
import { Problem } from '../../../shared/problem.ts';
import { campaignStates } from '../../campaign/campaign-states.ts';
import { MigrateOptions } from '../../plan/options.ts';
import * as begin from '../begin.ts';
import type { SenderContext } from '../context.ts';
import { OfSelection } from './params.ts';

/** Starts a campaign from a plan's text; `file` names its origin in complaints. */
export const migrate = command({
  does: 'Start to move what a plan names: first the networks, then its servers in order. The daemon carries on when this command ends.',
  exits: [10, 11, 12, 20, 21, 22, 40],
  params: z.object({ plan: z.string(), file: z.string(), options: MigrateOptions }),
  run: async ({ plan, file, options }, context: SenderContext) => await begin.beginFromPlan(plan, file, options, context),
});

/** Starts a campaign that ends in a bundle. */
export const beginExport = command({
  does: 'Stop servers and freeze their disks, to be carried to a receiver that no network reaches.',
  exits: [20, 22, 40],
  params: OfSelection,
  run: async (selection, context: SenderContext) => await begin.beginExport(selection, context),
});

/** Gives the bundle of a campaign whose servers are all frozen, as often as it is asked for. */
export const bundle = download({
  does: 'Write the frozen servers and all they need as one tar file; `receiver import` rebuilds them from it.',
  exits: [20, 22, 30, 40],
  params: OfCampaign,
  run: async function* ({ campaign: id }, { campaigns }: SenderContext, signal) {
    const runner = await campaigns.find(id);
    const { campaign } = runner;
    const { state } = runner.status();
    if (campaign.plan.to !== 'bundle' || !campaignStates[state].allows.includes('bundle'))
      throw new Problem(
        'E_CAMPAIGN_STATE',
        `Campaign ${campaign.id} is ${state}; a bundle is written of one that was begun with \`sender export\` and is ready.`,
      );
    yield* runner.bundle(signal);
  },
});

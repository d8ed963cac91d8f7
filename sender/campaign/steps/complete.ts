import { summaryOfCampaign, writeMarker } from '../../../shared/model/marker.ts';
import type { Campaign } from '../campaign.ts';
import { type StepEnd, type StepTools, workSignal } from '../step.ts';
import { totalsOf } from '../totals.ts';

/** Says that every server has moved; the receiver compares the totals with its own. */
export async function complete(campaign: Campaign, tools: StepTools): Promise<StepEnd> {
  const totals = totalsOf(campaign);
  await tools.ask('campaign.completed', { campaign: campaign.id, totals }, workSignal(tools));
  await writeMarker(campaign, { kind: 'campaign' }, summaryOfCampaign(totals));
  return { learned: totals };
}

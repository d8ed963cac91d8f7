import { writeMarker } from '../../../shared/model/marker.ts';
import type { Campaign } from '../campaign.ts';
import { type StepEnd, type StepTools, workSignal } from '../step.ts';
import { totalsOf } from '../totals.ts';

/** Says that every server has moved; the receiver compares the totals with its own. */
export async function complete(campaign: Campaign, tools: StepTools): Promise<StepEnd> {
  const { id, folder } = campaign;
  const totals = totalsOf(campaign);
  await tools.ask('campaign.completed', { campaign: id, totals }, workSignal(tools));
  const counts = { servers: totals.servers, disks: totals.disks, disk_bytes: totals.disk_bytes };
  await writeMarker(folder, ['completed'], { campaign: id, at: new Date().toISOString(), digest: totals.roots, counts });
  return { learned: totals };
}

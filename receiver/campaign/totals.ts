import { digestOfRoots } from '../../shared/model/totals.ts';
import type { ReceiverCampaign } from './campaign.ts';

/** The totals of this campaign's verified and imported disks, from their markers. */
export async function sumOfRoots(campaign: ReceiverCampaign): Promise<{ roots: string; disks: number; bytes: number }> {
  const roots: [disk: string, root: string][] = [];
  let bytes = 0;
  for (const entry of campaign.ledger.entries()) {
    if (entry.state !== 'built') continue;
    const resource = campaign.resource(entry.ref);
    if (resource.kind !== 'disk') continue;
    const sealed = await campaign.disks.sealed(resource.server_id, resource.id);
    if (sealed === null) continue;
    roots.push([resource.id, sealed.root]);
    bytes += sealed.size;
  }
  return { roots: digestOfRoots(roots), disks: roots.length, bytes };
}

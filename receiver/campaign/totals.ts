import { kindOf } from '../../shared/model/resource.ts';
import { digestOfRoots } from '../../shared/model/totals.ts';
import type { ReceiverCampaign } from './campaign.ts';

/**
 * The totals of this campaign's verified disks that became images or volumes, from their markers.
 */
export async function sumOfRoots(campaign: ReceiverCampaign): Promise<{ roots: string; disks: number; bytes: number }> {
  const roots: [disk: string, root: string][] = [];
  let bytes = 0;
  for (const entry of campaign.ledger.entries()) {
    if (entry.state !== 'built') continue;
    const disk = campaign.diskOf(entry.ref);
    const sealed = disk === null ? null : await campaign.disks.sealed(disk.server_id, disk.id);
    if (disk === null || sealed === null) continue;
    roots.push([disk.id, sealed.root]);
    bytes += sealed.size;
  }
  return { roots: digestOfRoots(roots), disks: roots.length, bytes };
}

/** How many refs of each kind are built. */
export function builtByKind({ ledger }: Pick<ReceiverCampaign, 'ledger'>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const entry of ledger.entries()) {
    if (entry.state === 'built') counts[kindOf(entry.ref)] = (counts[kindOf(entry.ref)] ?? 0) + 1;
  }
  return counts;
}

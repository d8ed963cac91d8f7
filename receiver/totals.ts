import { createHash } from 'node:crypto';
import { idOf, type Ref } from '../shared/model/resource.ts';
import { type Campaign, serverOfDisk } from './campaign.ts';

/** What this campaign's verified and imported disks add up to, from their markers. */
export async function sumOfRoots(campaign: Campaign): Promise<{ roots: string; disks: number; bytes: number }> {
  const built = campaign.ledger.entries().filter((entry) => entry.state === 'built' && entry.ref.startsWith('disk/'));
  const lines: string[] = [];
  let bytes = 0;
  for (const { ref } of built) {
    const sealed = await campaign.disks.sealed(serverOfDisk(ref as Ref), idOf(ref));
    if (sealed === null) continue;
    lines.push(`${idOf(ref)} ${sealed.root}`);
    bytes += sealed.size;
  }
  return { roots: createHash('sha256').update(lines.sort().join('\n')).digest('hex'), disks: lines.length, bytes };
}

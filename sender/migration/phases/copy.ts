import { removeDurably } from '../../../shared/durable.ts';
import { Problem } from '../../../shared/problem.ts';
import { diskFolder } from '../../disks/folder.ts';
import type { OfferTools, SealedDisk } from '../../disks/offer-disk.ts';
import type { Learned, Move } from '../move.ts';
import type { Tools } from '../phase.ts';

/** Makes the receiver's copy of every disk equal to its snapshot, and verifies it as a whole. */
export async function copy(move: Move, tools: OfferTools & Pick<Tools, 'offer'>): Promise<Learned> {
  const sealed: Record<string, SealedDisk> = {};
  for (const disk of move.disks) {
    const snapshot = move.learned.snapshots?.[disk.id];
    if (snapshot === undefined) throw new Problem('E_BUG', `Disk ${disk.id} has no snapshot.`, { about: `disk/${disk.id}` });
    sealed[disk.id] = await tools.offer(move, disk, snapshot, tools);
  }
  await dropCopy(move, tools);
  return { sealed };
}

/** Deletes the local files of the server's snapshots. */
export async function dropCopy({ server }: Move, { folder }: Pick<Tools, 'folder'>): Promise<void> {
  await removeDurably(diskFolder(folder, server.id));
}

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../../../shared/problem.ts';
import type { Learned, Move, SealedDisk } from '../move.ts';
import type { OfferTools, Tools } from '../phase.ts';

/**
 * Makes the receiver's copy of every disk equal to its snapshot, and has it compared as a whole.
 */
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
  await rm(diskFolder(folder, server.id), { recursive: true, force: true });
}

/** Where a server's snapshots are made readable. */
export function diskFolder(folder: string, server: string): string {
  return join(folder, 'disks', server);
}

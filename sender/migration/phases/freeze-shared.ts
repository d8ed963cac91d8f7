import type { Snapshot } from '../../../shared/cloud/source-cloud.ts';
import type { Learned, Move } from '../move.ts';
import type { Tools } from '../phase.ts';
import { snapshotTimeoutMs } from './freeze.ts';

/** Whether a server shares volumes with others. */
export function isInGroup({ group }: Move): boolean {
  return group.length > 1;
}

/**
 * Snapshots the volumes that the server has together with others, and that move with it. Every
 * server of its group has been frozen by now: one that has run since its own freeze, or that only
 * now shares a volume, is refused, before the snapshots and after them.
 */
export async function freezeShared(move: Move, tools: Tools): Promise<Learned> {
  const { source, campaign, signal, mustBeStopped } = tools;
  const snapshots: Record<string, Snapshot> = Object.assign({}, move.learned.snapshots);
  const shared = move.disks.filter(({ id }) => move.sharedDisks.includes(id));
  if (shared.length === 0) return {};
  await mustBeStopped(move.server.id, signal);
  const stamp = { campaign, attempt: move.attempt };
  for (const disk of shared) snapshots[disk.id] = await source.freeze(disk, stamp, { timeoutMs: snapshotTimeoutMs, signal });
  await mustBeStopped(move.server.id, signal);
  return { snapshots };
}

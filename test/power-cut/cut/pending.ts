import type { Change, History, Inode, Renaming } from '../record/history.ts';

/** What a power cut may lose, keep, or keep in part, each apart from the others. */
export type Pending = Change | Renaming;

/** The history up to a moment: what is durable, and what is pending, both in order. */
export interface Cut {
  readonly at: number;
  readonly history: History;
  readonly pending: readonly Pending[];
  isDurable(one: Pending): boolean;
}

/**
 * The power is cut at a tick. What a process began before may have happened; what ended before a
 * sync of the same file or folder began, and that sync ended, is durable.
 */
export function cutAt(history: History, at: number): Cut {
  const durable = new Set<Pending>();
  for (const renaming of history.renamings) if (isSynced(renaming.folder, renaming, at)) durable.add(renaming);
  for (const change of history.changes) if (isSynced(change.inode, change, at)) durable.add(change);
  const pending = [...history.renamings, ...history.changes].filter((one) => one.begin < at && !durable.has(one));
  return { at, history, pending, isDurable: (one) => durable.has(one) };
}

/**
 * Whether a sync covered what ended at a tick. After one that failed, Linux calls the pages clean:
 * a later sync says nothing of them.
 */
function isSynced(inode: Inode, { end }: Pending, at: number): boolean {
  for (const sync of inode.syncs) {
    if (sync.end >= at) return false;
    if (sync.begin >= end) return !sync.failed;
  }
  return false;
}

/**
 * The moments to cut at: before each sync ends and before each promise, for then the most is
 * pending, and at the end. What may be lost in between, may be lost then too.
 */
export function momentsOf({ inodes, said, changes, renamings }: History): number[] {
  const last = Math.max(0, ...[...changes, ...renamings].map(({ end }) => end), ...said.map(({ at }) => at));
  const syncs = inodes.flatMap((inode) => inode.syncs.map(({ end }) => end));
  return [...new Set([...syncs, ...said.map(({ at }) => at), last + 1])].filter((at) => at > 0).sort((a, b) => a - b);
}

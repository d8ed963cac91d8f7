import type { Snapshot, SourceCloud } from '../../../shared/cloud/cloud.ts';
import { Problem } from '../../../shared/problem.ts';
import type { Learned, Move, Tools } from '../phase.ts';

/** Limit of one snapshot: milliseconds. A terabyte at 100 MB/s takes three hours. */
const snapshotTimeoutMs = 6 * 3_600_000;

/** Snapshots every disk of the stopped server; a server that was started behind our back is refused. */
export async function freeze(move: Move, tools: Tools): Promise<Learned> {
  await mustBeStopped(move, tools.source, tools.signal);
  const stamp = { campaign: tools.campaign, attempt: move.attempt };
  const snapshots: Record<string, Snapshot> = {};
  for (const disk of move.disks) {
    snapshots[disk.id] = await tools.source.freeze(disk, stamp, { timeoutMs: snapshotTimeoutMs, signal: tools.signal });
  }
  await mustBeStopped(move, tools.source, tools.signal);
  return { snapshots };
}

/** Deletes every snapshot this campaign made of the server, known to the journal or not. */
export async function release(move: Move, { source, campaign, signal }: Tools): Promise<void> {
  const disks = new Set(move.disks.map((disk) => disk.id));
  for (const snapshot of await source.snapshots(campaign, signal)) {
    if (disks.has(snapshot.disk)) await source.release(snapshot.id, signal);
  }
}

/** Throws E_SERVER_STATE unless the source server is stopped: a copy of a running server's disk is not a copy of its end. */
export async function mustBeStopped({ server }: Move, source: SourceCloud, signal: AbortSignal): Promise<void> {
  const { status } = await source.state(server.id, signal);
  if (status === 'SHUTOFF') return;
  throw new Problem(
    'E_SERVER_STATE',
    `Server ${server.name} is ${status} although we stopped it: somebody else started it at the source.`,
    { about: `server/${server.id}` },
  );
}

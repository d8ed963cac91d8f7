import type { Move } from '../move.ts';
import type { Tools } from '../phase.ts';
import { isFresh, whyEnough } from '../round.ts';
import { awaitBlackoutEnd } from './await-window.ts';
import { dropCopy } from './copy.ts';
import { release, snapshotTimeoutMs } from './freeze.ts';
import { mustOutliveSnapshots } from './snapshot-risk.ts';

/** Copies the disks of the running server in rounds, until a further one would gain nothing. */
export async function precopy(move: Move, tools: Tools): Promise<undefined> {
  const { server } = move;
  for (;;) {
    const rounds = tools.rounds.of(server.id);
    const last = rounds.at(-1);
    const isEnough = last !== undefined && isFresh(last, tools.options, Date.now()) && whyEnough(rounds, tools.options) !== null;
    if (isEnough || (last !== undefined && tools.isCutoverAsked(server.id))) return releaseRounds(move, tools);
    await awaitBlackoutEnd(move, tools);
    await copyRound(move, tools);
  }
}

/**
 * One round: snapshot, pull what differs, delete the snapshot. An interrupted round continues with
 * its own snapshot, or begins again.
 */
export async function copyRound(move: Move, tools: Tools): Promise<void> {
  const { source, campaign, signal } = tools;
  const round = (tools.rounds.of(move.server.id).at(-1)?.round ?? 0) + 1;
  await mustOutliveSnapshots(move, tools);
  const sum = { size: 0, blocks: 0, bytes: 0, snapshot_ms: 0, copy_ms: 0 };
  for (const disk of move.disks) {
    const begun = performance.now();
    const stamp = { campaign, attempt: move.attempt, round };
    const snapshot = await source.checkpoint(disk, stamp, { timeoutMs: snapshotTimeoutMs, signal });
    const stands = performance.now();
    const sealed = await tools.offer(move, disk, snapshot, tools);
    sum.size += sealed.size;
    sum.blocks += sealed.pulled;
    sum.bytes += sealed.bytes_wire;
    sum.snapshot_ms += Math.round(stands - begun);
    sum.copy_ms += Math.round(performance.now() - stands);
  }
  await dropCopy(move, tools);
  // Before the round is noted: nobody looks for the snapshots of a finished round.
  await releaseRounds(move, tools);
  await tools.rounds.add(move.server.id, { round, ...sum });
}

/** Deletes the snapshots of every round; the one of the stopped server stays. */
export async function releaseRounds(move: Move, { source, campaign, signal }: Tools): Promise<undefined> {
  const disks = new Set(move.disks.map((disk) => disk.id));
  for (const snapshot of await source.snapshots(campaign, signal)) {
    if (snapshot.round > 0 && disks.has(snapshot.disk)) await source.release(snapshot.id, campaign, signal);
  }
}

/** Deletes the rounds' snapshots and local files. The receiver's copy stays for a later attempt. */
export async function forgetRounds(move: Move, tools: Tools): Promise<void> {
  await dropCopy(move, tools);
  await release(move, tools);
}

/** Whether a server is copied while it runs: the plan says so, and it ran when it was looked at. */
export function isWarm({ warm, learned }: Move): boolean {
  return warm && learned.was === 'running';
}

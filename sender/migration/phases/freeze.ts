import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerState, Snapshot, SourceCloud } from '../../../shared/cloud/source-cloud.ts';
import { Problem } from '../../../shared/problem.ts';
import type { Learned, Move } from '../move.ts';
import type { Tools } from '../phase.ts';
import { mustBeAsCaptured } from './as-captured.ts';
import { mustOutliveSnapshots } from './snapshot-risk.ts';

/** Limit of one snapshot: milliseconds. A terabyte at 100 MB/s takes three hours. */
export const snapshotTimeoutMs = 6 * 3_600_000;

/**
 * Pause between two looks at a busy server (milliseconds), and their number: five minutes in all.
 */
const idleIntervalMs = 1_000;
const idleLooks = 300;

/**
 * Snapshots every disk that the stopped server has alone; refuses a server that was started by
 * others, or differs from its capture. It is read again beside the snapshot, which costs no
 * downtime.
 */
export async function freeze(move: Move, tools: Tools): Promise<Learned> {
  const seen = await dropStale(move, tools);
  await mustOutliveSnapshots(move, tools);
  const stamp = { campaign: tools.campaign, attempt: move.attempt };
  const snapshots: Record<string, Snapshot> = {};
  const takeAll = async (): Promise<void> => {
    for (const disk of move.disks.filter(({ id }) => !move.sharedDisks.includes(id)))
      snapshots[disk.id] = await tools.source.freeze(disk, stamp, { timeoutMs: snapshotTimeoutMs, signal: tools.signal });
  };
  // Both end before a failure is told: a server is not started while its snapshot is made.
  const ends = await Promise.allSettled([mustBeAsCaptured(move, tools, tools.signal), takeAll()]);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  const { generation } = await mustBeStopped(move, tools.source, tools.signal);
  if ((await tools.source.recordedSince(move.server.id, seen, tools.signal)).mayRun) throw changedSinceFreeze(move);
  return { snapshots, generation };
}

/**
 * Notes the generation in which the server is stopped, and returns it. Deletes the snapshot of an
 * earlier try where it may have run since: its owner may have started it while we were dead.
 */
async function dropStale(move: Move, tools: Tools): Promise<string> {
  const { source, stops, signal } = tools;
  const { id } = move.server;
  const { generation } = await mustBeStopped(move, source, signal);
  const seen = stops.seenAs(id);
  if (seen === generation) return seen;
  if (seen !== undefined) {
    if (!(await source.mayHaveRunSince(id, seen, signal))) return seen;
    await release(move, tools);
  }
  await stops.see(id, generation);
  return generation;
}

/** Deletes every snapshot this campaign made of the server, also those the journal lacks. */
export async function release(move: Move, { source, campaign, signal }: Tools): Promise<void> {
  const disks = new Set(move.disks.map((disk) => disk.id));
  for (const snapshot of await source.snapshots(campaign, signal)) {
    if (disks.has(snapshot.disk)) await source.release(snapshot.id, campaign, signal);
  }
}

/**
 * Waits until the source server is idle and returns its state. Throws E_SERVER_STATE where it ran
 * after its snapshot, because the copy then lacks its writes.
 */
export async function mustBeStopped(move: Move, source: SourceCloud, signal: AbortSignal): Promise<ServerState> {
  const { server, learned } = move;
  const about = `server/${server.id}`;
  for (let looks = 0; looks < idleLooks; looks += 1) {
    const state = await source.state(server.id, signal);
    if (state.power !== 'stopped') {
      const [is, did] = state.power === 'running' ? ['running', 'started'] : [state.word, 'changed'];
      const says = `Server ${server.name} is ${is} although we stopped it: somebody else ${did} it at the source.`;
      throw new Problem('E_SERVER_STATE', says, { about });
    }
    // While the cloud works on the snapshot it changes the server itself.
    if (state.busy === null) {
      const { generation } = learned;
      if (generation === undefined || generation === state.generation) return state;
      // A lock or a backup changes it too.
      if (!(await source.mayHaveRunSince(server.id, generation, signal))) return state;
      throw changedSinceFreeze(move);
    }
    await sleep(idleIntervalMs, undefined, { signal });
  }
  throw new Problem('E_CLOUD_TIMEOUT', `Server ${server.name} stays busy at the source.`, { about });
}

function changedSinceFreeze({ server: { id, name } }: Move): Problem {
  const says = `Server ${name} was changed at the source after its disk was frozen: it may have run, and written what the copy lacks.`;
  return new Problem('E_SERVER_STATE', says, { about: `server/${id}` });
}

/**
 * What a source server did since its freeze, so that its copy is outdated; null where nothing. A
 * lock or a backup changes its generation too, and is no reason.
 */
export async function whyOutdated(
  source: Pick<SourceCloud, 'state' | 'mayHaveRunSince'>,
  server: string,
  frozen: string | undefined,
  signal: AbortSignal,
): Promise<string | null> {
  const state = await source.state(server, signal);
  const why = whyNotFrozen(state, frozen);
  if (why === null || frozen === undefined || state.power !== 'stopped') return why;
  return (await source.mayHaveRunSince(server, frozen, signal)) ? why : null;
}

function whyNotFrozen({ power, word, generation }: ServerState, frozen: string | undefined): string | null {
  if (power !== 'stopped') return power === 'running' ? 'runs again' : `is ${word}`;
  return frozen === undefined || frozen === generation ? null : 'was changed, and may have run,';
}

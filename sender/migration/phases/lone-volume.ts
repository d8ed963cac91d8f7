import type { Snapshot, SourceCloud, VolumeState } from '../../../shared/cloud/source-cloud.ts';
import { refOf } from '../../../shared/model/resource.ts';
import { asProblem, Problem } from '../../../shared/problem.ts';
import { differing } from '../../model/differing.ts';
import type { Learned, Move } from '../move.ts';
import type { Tools } from '../phase.ts';
import { ofVolume } from './as-captured.ts';
import { release, snapshotTimeoutMs } from './freeze.ts';

/** Refuses a volume that is gone, is used by something, or was changed since its capture. */
export async function lookAtVolume(move: Move, tools: Tools): Promise<Learned> {
  await mustBeAsCapturedAndFree(move, tools);
  return {};
}

/**
 * Freezes a volume that no server has. What an earlier try made is deleted where the volume may
 * have been used since; one that is used meanwhile is refused.
 */
export async function freezeVolume(move: Move, tools: Tools): Promise<Learned> {
  const { source, stops, campaign, signal } = tools;
  const { id } = move.server;
  const { generation } = await mustBeAsCapturedAndFree(move, tools);
  const seen = stops.seenAs(id);
  if (seen !== generation) {
    if (seen !== undefined) await release(move, tools);
    await stops.see(id, generation);
  }
  const snapshots: Record<string, Snapshot> = {};
  for (const disk of move.disks) {
    const stamp = { campaign, attempt: move.attempt };
    snapshots[disk.id] = await source.freeze(disk, stamp, { timeoutMs: snapshotTimeoutMs, signal });
  }
  const learned = { snapshots, generation };
  await mustBeFrozenVolume({ ...move, learned }, tools, signal);
  return learned;
}

/** Throws E_SERVER_STATE where something uses a volume, or may have used it since its freeze. */
export async function mustBeFrozenVolume(
  { server, learned }: Move,
  { source }: Pick<Tools, 'source'>,
  signal: AbortSignal,
): Promise<void> {
  const why = await whyVolumeOutdated(source, server.id, learned.generation, signal);
  if (why === null) return;
  throw refused(server, `${why} at the source`, 'Detach it there and see that nothing uses it, then `sender resume`.');
}

/** What a volume did since its freeze, so that its copy may be outdated; null where nothing. */
export async function whyVolumeOutdated(
  source: Pick<SourceCloud, 'volumeState'>,
  id: string,
  frozen: string | undefined,
  signal: AbortSignal,
): Promise<string | null> {
  const { isFree, word, generation } = await source.volumeState(id, signal);
  if (!isFree) return `is ${word}`;
  return frozen === undefined || frozen === generation ? null : 'was used or changed since it was frozen';
}

/** Why a volume cannot be left to the source alone; null where it can. */
export async function whyVolumeCannotReturn(
  { server, learned }: Move,
  source: Pick<SourceCloud, 'volumeState'>,
  signal: AbortSignal,
): Promise<string | null> {
  // Before its freeze nothing of it is elsewhere.
  if (learned.snapshots === undefined) return null;
  try {
    const { word } = await source.volumeState(server.id, signal);
    return /error|deleting/.test(word) ? `is ${word} at the source` : null;
  } catch (error) {
    if (asProblem(error).code === 'E_NOT_FOUND') return 'is gone at the source';
    throw error;
  }
}

async function mustBeAsCapturedAndFree(
  { server }: Move,
  { source, document, signal }: Pick<Tools, 'source' | 'document' | 'signal'>,
): Promise<VolumeState> {
  const is = await source.volumeState(server.id, signal);
  if (!is.isFree) throw refused(server, `is ${is.word} at the source`, 'Detach it there, then `sender resume`.');
  const was = document.volumes.find(({ id }) => id === server.id);
  const changes = was === undefined ? [] : differing('', was, is.volume, ofVolume);
  if (changes.length === 0) return is;
  const did = `was changed at the source since it was captured: ${changes.join('; ')}`;
  throw refused(server, did, 'Undo the change, then `sender resume`. Or end this campaign, and plan the volume anew as it is.');
}

function refused({ id, name }: Move['server'], why: string, hint: string): Problem {
  return new Problem('E_SERVER_STATE', `Volume ${name || id} ${why}.`, { about: refOf('volume', id), hint });
}

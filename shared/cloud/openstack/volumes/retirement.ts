import { Problem } from '../../../problem.ts';
import type { Frozen } from '../../source-cloud.ts';
import type { ApiVolume } from '../api.ts';
import type { ApiCall, CloudSession } from '../session/session.ts';
import { movedKey } from '../stamp.ts';
import { generationOf, isFree } from './free.ts';
import { readOf } from './read.ts';

/** Whether a write ends a volume after commit: our mark in its metadata, or its deletion. */
export function mayEndVolume({ method, path, body }: Pick<ApiCall, 'method' | 'path' | 'body'>): boolean {
  if (method === 'DELETE') return /^\/volumes\/[^/]+$/.test(path);
  if (method !== 'POST' || !/^\/volumes\/[^/]+\/metadata$/.test(path)) return false;
  const { metadata = {} } = (body ?? {}) as { readonly metadata?: object };
  return Object.keys(metadata).join() === movedKey;
}

/**
 * Marks a moved volume, so that a later capture leaves it out. Block Storage API v3, "Create
 * metadata for volume".
 */
export async function markMoved(session: CloudSession, id: string, frozen: Frozen, signal: AbortSignal): Promise<void> {
  const volume = await asFrozen(session, id, frozen, signal);
  if (volume === null || volume.metadata[movedKey] === frozen.campaign) return;
  const body = { metadata: { [movedKey]: frozen.campaign } };
  await session.call({ method: 'POST', service: 'volume', path: `${pathOf(id)}/metadata`, body, signal });
}

/** Deletes a moved volume. Cinder refuses one that has snapshots. */
export async function destroyMoved(session: CloudSession, id: string, frozen: Frozen, signal: AbortSignal): Promise<void> {
  const checkedAt = performance.now();
  const volume = await asFrozen(session, id, frozen, signal);
  if (volume === null) return;
  if (frozen.generation === undefined) throw kept(volume, 'was frozen, but nobody noted in which state,');
  await session.call({ method: 'DELETE', service: 'volume', path: pathOf(id), mayBeGone: true, checkedAt, signal });
}

/** Reads a volume unchanged since its freeze; null if it is gone. Throws E_SERVER_STATE. */
async function asFrozen(session: CloudSession, id: string, frozen: Frozen, signal: AbortSignal): Promise<ApiVolume | null> {
  const volume = await readOf(session, 'volume', id, signal);
  // Cinder deletes in the background: what an earlier call asked for is as good as gone.
  if (volume === null || volume.status === 'deleting') return null;
  if (!isFree(volume)) throw kept(volume, `is ${volume.status}`);
  const isOurMark = volume.metadata[movedKey] === frozen.campaign;
  if (frozen.generation !== undefined && frozen.generation !== generationOf(volume) && !isOurMark)
    throw kept(volume, 'was changed after it was frozen, and may have been written to,');
  return volume;
}

function kept({ id, name }: ApiVolume, why: string): Problem {
  return new Problem('E_SERVER_STATE', `Volume ${name || id} ${why} at the source; it is neither marked nor deleted.`, {
    about: `volume/${id}`,
    hint: 'What was written to it since it was frozen is not at the destination. See to it, then `sender commit --keep VOLUME` leaves it as it is.',
  });
}

function pathOf(id: string): string {
  return `/volumes/${encodeURIComponent(id)}`;
}

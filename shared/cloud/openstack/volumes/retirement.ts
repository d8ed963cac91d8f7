import { firstFew } from '../../../first-few.ts';
import { snapshotIn } from '../../../model/snapshot-volumes.ts';
import { Problem } from '../../../problem.ts';
import type { Frozen } from '../../source-cloud.ts';
import type { ApiVolume } from '../api.ts';
import type { ApiCall, CloudSession } from '../session/session.ts';
import { movedKey, movedMark } from '../stamp.ts';
import { generationOf, isFree } from './free.ts';
import { listOf, readOf } from './read.ts';

/** Snapshots that one problem names. */
const listed = 10;

/** Whether a write ends a volume after commit: our mark in its metadata, or its deletion. */
export function mayEndVolume({ method, path, body }: Pick<ApiCall, 'method' | 'path' | 'body'>): boolean {
  if (method === 'DELETE') return /^\/volumes\/[^/]+$/.test(path);
  if (method !== 'POST' || !/^\/volumes\/[^/]+\/metadata$/.test(path)) return false;
  const { metadata = {} } = (body ?? {}) as { readonly metadata?: object };
  return Object.keys(metadata).join() === movedKey;
}

/**
 * Marks a moved volume, so that a later capture leaves it out. Block Storage API v3, "Create
 * metadata for volume". A snapshot that became a volume is left as it is: its volume is marked.
 */
export async function markMoved(session: CloudSession, id: string, frozen: Frozen, signal: AbortSignal): Promise<void> {
  if (snapshotIn(id) !== null) return;
  const volume = await readThere(session, id, signal);
  // Once it is marked it is its owner's again, whatever he does with it.
  const metadata = movedMark(frozen.campaign, id);
  if (volume === null || volume.metadata[movedKey] === metadata[movedKey]) return;
  mustBeAsFrozen(volume, frozen);
  const body = { metadata };
  await session.call({ method: 'POST', service: 'volume', path: `${pathOf(id)}/metadata`, body, signal });
}

/**
 * Deletes a moved volume, and never a snapshot: one that has some is refused (E_SERVER_STATE), as
 * is one that was used after its mark: it is not what was moved any more.
 */
export async function destroyMoved(session: CloudSession, id: string, frozen: Frozen, signal: AbortSignal): Promise<void> {
  if (snapshotIn(id) !== null) return;
  const checkedAt = performance.now();
  const volume = await readThere(session, id, signal);
  if (volume === null) return;
  mustBeAsFrozen(volume, frozen);
  if (frozen.generation === undefined) throw kept(volume, 'was frozen, but nobody noted in which state,');
  await mustHaveNoSnapshots(session, volume, signal);
  await session.call({ method: 'DELETE', service: 'volume', path: pathOf(id), mayBeGone: true, checkedAt, signal });
}

/** Cinder would refuse the deletion, in words that name every reason there may be. */
async function mustHaveNoSnapshots(session: CloudSession, { id, name }: ApiVolume, signal: AbortSignal): Promise<void> {
  const all = await listOf(session, 'snapshot', { volume_id: id }, signal);
  if (all.length === 0) return;
  const names = firstFew(
    all.map((one) => one.name || one.id),
    listed,
  );
  throw new Problem('E_SERVER_STATE', `Volume ${name || id} has snapshots at the source, and is not deleted: ${names}.`, {
    about: `volume/${id}`,
    hint: 'Delete those that nobody needs any more (openstack volume snapshot delete), then `sender resume`; or `sender commit --keep VOLUME` leaves it as it is.',
  });
}

/** Reads a volume; null if it is gone. */
async function readThere(session: CloudSession, id: string, signal: AbortSignal): Promise<ApiVolume | null> {
  const volume = await readOf(session, 'volume', id, signal);
  // Cinder deletes in the background: what an earlier call asked for is as good as gone.
  return volume?.status === 'deleting' ? null : volume;
}

/**
 * Throws E_SERVER_STATE for a volume that is used, or was since its freeze. Our mark does not date
 * its record: Cinder keeps metadata in rows of their own (cinder/db/sqlalchemy/api.py,
 * `_volume_x_metadata_update`).
 */
function mustBeAsFrozen(volume: ApiVolume, { generation }: Frozen): void {
  if (!isFree(volume)) throw kept(volume, `is ${volume.status}`);
  if (generation !== undefined && generation !== generationOf(volume))
    throw kept(volume, 'was changed after it was frozen, and may have been written to,');
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

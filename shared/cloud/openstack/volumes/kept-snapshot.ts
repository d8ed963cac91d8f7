import { Problem } from '../../../problem.ts';
import type { Patience } from '../../patience.ts';
import type { ApiVolumeSnapshot } from '../api.ts';
import type { CloudSession } from '../session/session.ts';
import { readOf } from './read.ts';

/** Reads a snapshot of a volume that its owner made. Throws E_NOT_FOUND. */
export async function mustReadSnapshot(session: CloudSession, id: string, signal: AbortSignal): Promise<ApiVolumeSnapshot> {
  const is = await readOf(session, 'snapshot', id, signal);
  if (is !== null) return is;
  throw new Problem('E_NOT_FOUND', `There is no snapshot ${id} of a volume.`, { about: `snapshot/${id}` });
}

/**
 * Refuses (E_SERVER_STATE) a snapshot that cannot be read: Cinder makes a volume of none that is
 * not available (cinder/volume/flows/api/create_volume.py, `_extract_snapshot`).
 */
export async function mustBeReadable(session: CloudSession, id: string, { signal }: Patience): Promise<void> {
  const is = await mustReadSnapshot(session, id, signal);
  if (is.status === 'available') return;
  const says = `The snapshot ${is.name || id} of volume ${is.volume_id} is ${is.status}; only an available one is read.`;
  throw new Problem('E_SERVER_STATE', says, { about: `snapshot/${id}` });
}

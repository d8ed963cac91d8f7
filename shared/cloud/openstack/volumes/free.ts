import { Problem } from '../../../problem.ts';
import type { Patience } from '../../patience.ts';
import type { ApiVolume } from '../api.ts';
import type { CloudSession } from '../session/session.ts';
import { readOf } from './read.ts';

/** Whether no server has a volume, and Cinder does nothing with it. */
export function isFree({ status, attachments }: Pick<ApiVolume, 'status' | 'attachments'>): boolean {
  return status === 'available' && attachments.length === 0;
}

/**
 * The generation of a volume: every attachment and detachment is written to its record, which dates
 * it (cinder/db/sqlalchemy/api.py, `volume_attached`, `volume_detached`).
 */
export function generationOf({ created_at, updated_at }: Pick<ApiVolume, 'created_at' | 'updated_at'>): string {
  return updated_at ?? created_at ?? '';
}

/** Refuses (E_SERVER_STATE) a volume that something uses. */
export async function mustBeFree(session: CloudSession, id: string, { signal }: Patience): Promise<void> {
  const is = await mustReadVolume(session, id, signal);
  if (isFree(is)) return;
  const says = `Volume ${is.name || id} is ${is.status}; without a server only a volume that nothing uses is frozen.`;
  throw new Problem('E_SERVER_STATE', says, { about: `volume/${id}` });
}

/** Reads a volume. Throws E_NOT_FOUND. */
export async function mustReadVolume(session: CloudSession, id: string, signal: AbortSignal): Promise<ApiVolume> {
  const is = await readOf(session, 'volume', id, signal);
  if (is !== null) return is;
  throw new Problem('E_NOT_FOUND', `There is no volume ${id}.`, { about: `volume/${id}` });
}

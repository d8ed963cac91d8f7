import type { Health } from '../../destination-cloud.ts';
import type { CloudSession } from '../session/session.ts';
import { readImage } from './snapshots.ts';

/** The health of an image that moved: whether it is there with its bytes. */
export async function imageHealth(session: CloudSession, id: string, signal: AbortSignal): Promise<Health> {
  const status = (await readImage(session, id, signal))?.status ?? 'gone';
  if (status === 'active' || status === 'deactivated') return { healthy: true, says: `The image is ${status}.` };
  return { healthy: false, says: `The image ${id} is ${status}.`, lost: true };
}

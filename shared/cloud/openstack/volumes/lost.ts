import type { Health } from '../../destination-cloud.ts';
import type { CloudSession } from '../session/session.ts';
import { readOf } from './read.ts';

/**
 * The health of a server one of whose volumes is gone, in error or being deleted; null where all
 * are there. A server runs on without a volume, and until its next start even without its disk.
 */
export async function lostVolume(session: CloudSession, volumes: readonly string[], signal: AbortSignal): Promise<Health | null> {
  for (const id of volumes) {
    const status = (await readOf(session, 'volume', id, signal))?.status ?? 'gone';
    if (/^(gone|error|deleting)/.test(status)) return { healthy: false, says: `The volume ${id} is ${status}.`, lost: true };
  }
  return null;
}

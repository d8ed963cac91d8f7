import type { ApiVolume } from '../api.ts';
import { mustReadServer } from '../servers/server-state.ts';
import type { CloudSession } from '../session/session.ts';
import { readAttachments } from './attachments.ts';
import { readOf } from './read.ts';
import { outlivesSnapshot, readConnection, type VolumeConnection } from './volume-connection.ts';

/** The volumes of a server that a snapshot may cost it, in words. Throws E_NOT_FOUND. */
export async function riskyVolumes(session: CloudSession, server: string, signal: AbortSignal): Promise<string[]> {
  const attachments = await readAttachments(session, await mustReadServer(session, server, signal), signal);
  const told = await Promise.all(
    attachments.map(async ({ volumeId }): Promise<string[]> => {
      const volume = await readOf(session, 'volume', volumeId, signal);
      if (volume === null) return [];
      const connection = await readConnection(session, volume, signal);
      return outlivesSnapshot(connection) ? [] : [connectedAs(volume, connection)];
    }),
  );
  return told.flat();
}

/** A volume and how it is attached, in words. */
export function connectedAs({ id, name }: Pick<ApiVolume, 'id' | 'name'>, connection: VolumeConnection | null): string {
  const untold = { driver: 'Cinder does not tell how it is attached', format: null, followed: true };
  const { driver, format, followed } = connection ?? untold;
  const older = followed ? '' : ', of a Cinder older than Zed’s';
  return `${name ? `${name} (${id})` : id}: ${format === null ? driver : `${format} on ${driver}`}${older}`;
}

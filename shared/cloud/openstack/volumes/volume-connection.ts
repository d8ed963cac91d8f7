import type { ApiVolume } from '../api.ts';
import { partOf } from '../session/answer.ts';
import type { CloudSession } from '../session/session.ts';

/** How Nova reaches a volume of a server: by which protocol, and as a file of which format. */
export interface VolumeConnection {
  readonly driver: string;
  readonly format: string | null;
  /** Whether Cinder tells Nova which file is the volume's after a snapshot. */
  readonly followed: boolean;
}

/** The first microversion with attachments. Block Storage API v3, "Show attachment details". */
const attachmentsShown = '3.27';

/**
 * The newest microversion of Zed, the oldest release that is known to write the file's name into
 * the attachment (cinder/volume/drivers/remotefs.py, `_create_snapshot`). Victoria's does not: Nova
 * looks for a file that is gone, and the server does not start again.
 */
const followedSince = '3.70';

interface ApiConnection {
  readonly driver_volume_type?: unknown;
  readonly format?: unknown;
}

/**
 * Reads how a volume is connected to its server; null where Cinder does not tell. It is asked as
 * Nova asks before it starts a server: the list of all attachments tells other formats.
 */
export async function readConnection(
  session: CloudSession,
  { attachments }: ApiVolume,
  signal: AbortSignal,
): Promise<VolumeConnection | null> {
  const id = attachments[0]?.attachment_id;
  if (id === undefined || !(await session.knows(attachmentsShown, signal, 'volume'))) return null;
  const path = `/attachments/${encodeURIComponent(id)}`;
  const call = { method: 'GET', service: 'volume', path, mayBeGone: true, tolerate: [403], signal } as const;
  const { status, body } = await session.call(call);
  if (status !== 200) return null;
  const { connection_info } = partOf<{ readonly connection_info?: ApiConnection | null }>(body, 'attachment', `GET ${path}`);
  const { driver_volume_type: driver, format } = connection_info ?? {};
  if (typeof driver !== 'string') return null;
  const followed = await session.knows(followedSince, signal, 'volume');
  return { driver, format: typeof format === 'string' ? format : null, followed };
}

/** Protocols by which a server has a volume whose back end makes snapshots on its own. */
const block: ReadonlySet<string> = new Set(['rbd', 'iscsi', 'iser', 'fibre_channel', 'nvmeof']);

/**
 * Whether a server surely keeps its disk when a snapshot of an attached volume is made and deleted.
 * On NFS Nova lays a qcow2 file over that of the volume, also of a stopped server, and opens it at
 * the next start under the name and in the format that Cinder told: a volume that is called raw is
 * lost to its server, and so is one whose name an older Cinder does not tell again
 * (cinder/volume/drivers/remotefs.py, `_create_snapshot`; nova/virt/libvirt/driver.py,
 * `_volume_refresh_connection_info`).
 */
export function outlivesSnapshot(connection: VolumeConnection | null): boolean {
  if (connection === null) return false;
  return block.has(connection.driver) || (connection.driver === 'nfs' && connection.format === 'qcow2' && connection.followed);
}

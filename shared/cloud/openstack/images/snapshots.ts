import { idOf, type Ref, type ResourceOf, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { Patience } from '../../patience.ts';
import type { RoundStamp, Snapshot, Stamp } from '../../source-cloud.ts';
import type { ApiImage } from '../api.ts';
import { mustReadServer, taskOf } from '../servers/server-state.ts';
import { thingOf } from '../session/answer.ts';
import { createOrFind } from '../session/late.ts';
import { listAll } from '../session/pages.ts';
import type { CloudSession } from '../session/session.ts';
import { until } from '../session/wait.ts';
import { carries, isOfReading, snapshotStamp } from '../stamp.ts';
import { frozenProperties } from './frozen-properties.ts';

/** Polls without progress, on an idle server, after which a snapshot counts as failed. */
const idleLooks = 10;

/** Reads an image; null where it is gone. */
export async function readImage(session: CloudSession, id: string, signal: AbortSignal): Promise<ApiImage | null> {
  const path = `/images/${encodeURIComponent(id)}`;
  const { status, body } = await session.call({ method: 'GET', service: 'image', path, mayBeGone: true, signal });
  return status === 404 ? null : thingOf<ApiImage>(body, `GET ${path}`);
}

/**
 * Lists the snapshots with a stamp. Nova copies image properties to servers and on to their
 * snapshots, so a user's snapshot of a moved server has the stamp of its image, without an attempt:
 * where both projects are in one cloud an admin sees it here.
 */
export async function stampedSnapshots(
  session: CloudSession,
  stamp: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ApiImage[]> {
  const query = { ...stamp, image_type: 'snapshot' };
  const images = await listAll<ApiImage>(session, { service: 'image', path: '/images', key: 'images', query }, signal);
  return images.filter((image) => carries(image, query) && isOfReading(image));
}

/**
 * Freezes a stopped server's root disk as an image. Throws E_SERVER_STATE, E_SERVER_FAULT,
 * E_UNSUPPORTED, E_CLOUD_TIMEOUT.
 */
export async function freezeDisk(
  session: CloudSession,
  disk: ResourceOf<'disk'>,
  made: Stamp,
  patience: Patience,
): Promise<Snapshot> {
  const ready = (): Promise<void> => mustBeFrozen(session, disk.server_id, patience);
  const image = await snapshotDisk(session, disk, { ...made, round: 0 }, patience, ready);
  return { ...snapshotOf(image), properties: await frozenProperties(session, disk, image, patience.signal) };
}

/**
 * Snapshots a server's root disk, running or not. Throws E_SERVER_STATE, E_SERVER_FAULT,
 * E_UNSUPPORTED, E_CLOUD_TIMEOUT.
 */
export async function checkpointDisk(
  session: CloudSession,
  disk: ResourceOf<'disk'>,
  made: RoundStamp,
  patience: Patience,
): Promise<Snapshot> {
  const ready = (): Promise<void> => untilSnapshotable(session, disk.server_id, patience);
  return snapshotOf(await snapshotDisk(session, disk, made, patience, ready));
}

/** `ready` is called before a snapshot is made, not if one already exists. */
async function snapshotDisk(
  session: CloudSession,
  disk: ResourceOf<'disk'>,
  made: RoundStamp,
  patience: Patience,
  ready: () => Promise<void>,
): Promise<ApiImage> {
  const { signal } = patience;
  const stamp = snapshotStamp(made, refOf('disk', disk.id));
  const earlier = await stampedSnapshots(session, stamp, signal);
  const usable = earlier.find(isUsable);
  if (usable === undefined) await ready();
  const id =
    usable?.id ??
    (await createOrFind(
      () => createSnapshot(session, disk.server_id, stamp, signal),
      async () => (await stampedSnapshots(session, stamp, signal)).find(isUsable)?.id ?? null,
      signal,
    ));
  const image = await untilActive(session, id, disk.server_id, patience);
  if (image.size === null || image.size === 0 || image['block_device_mapping'] !== undefined)
    throw new Problem('E_UNSUPPORTED', `The snapshot of server ${disk.server_id} holds no disk: it boots from a volume.`, {
      about: `server/${disk.server_id}`,
    });
  return image;
}

/** Whether an image has its bytes, or may still get them. */
export const isUsable = ({ status }: ApiImage): boolean => ['active', 'queued', 'saving'].includes(status);

/** An image as a snapshot. */
export function snapshotOf(image: ApiImage): Snapshot {
  const disk = idOf((image['godwit_source'] ?? '') as Ref);
  const round = Number(image['godwit_round'] ?? 0);
  return { id: image.id, disk, round, format: image.disk_format ?? 'raw', size: image.size ?? 0 };
}

/** Refuses (E_SERVER_STATE) a server that is not stopped and idle. */
export async function mustBeFrozen(session: CloudSession, serverId: string, { signal }: Patience): Promise<void> {
  const server = await mustReadServer(session, serverId, signal);
  const task = taskOf(server);
  if (server.status === 'SHUTOFF' && task === null) return;
  const says = `Server ${serverId} is ${task ?? server.status}; only a stopped server's disk is frozen.`;
  throw new Problem('E_SERVER_STATE', says, { about: `server/${serverId}` });
}

/**
 * Waits for the end of a server's task, such as a backup. Nova snapshots in these states (Compute
 * API reference, "Create Image").
 */
export async function untilSnapshotable(session: CloudSession, serverId: string, patience: Patience): Promise<void> {
  await until(`An idle moment of server ${serverId}`, patience, async () => {
    const server = await mustReadServer(session, serverId, patience.signal);
    if (taskOf(server) !== null) return undefined;
    if (['ACTIVE', 'SHUTOFF', 'PAUSED', 'SUSPENDED'].includes(server.status)) return true;
    throw new Problem('E_SERVER_STATE', `Server ${serverId} is ${server.status}; the cloud snapshots no such server.`, {
      about: `server/${serverId}`,
    });
  });
}

async function createSnapshot(
  session: CloudSession,
  serverId: string,
  stamp: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const body = { createImage: { name: `godwit-${serverId}`, metadata: stamp } };
  const path = `/servers/${encodeURIComponent(serverId)}/action`;
  // From microversion 2.45 the answer has the image's id.
  const answer = await session.call({ method: 'POST', service: 'compute', path, body, signal });
  const { image_id } = (answer.body ?? {}) as { image_id?: unknown };
  if (typeof image_id !== 'string') throw new Problem('E_CLOUD', `POST ${path}: the answer has no image_id.`);
  return image_id;
}

async function untilActive(session: CloudSession, id: string, serverId: string, patience: Patience): Promise<ApiImage> {
  let idle = 0;
  return until(`The snapshot of server ${serverId}`, patience, async () => {
    const image = await readImage(session, id, patience.signal);
    if (image?.status === 'active') return image;
    const server = await mustReadServer(session, serverId, patience.signal);
    const fault = server.fault?.message ?? null;
    if (image === null || !['queued', 'saving'].includes(image.status)) throw failed(serverId, image?.status ?? 'gone', fault);
    // A snapshot that failed on the hypervisor may stay `queued` forever, long after the server is
    // idle.
    idle = taskOf(server) === null ? idle + 1 : 0;
    if (idle > idleLooks && image.status === 'queued') throw failed(serverId, 'queued, and nothing works on it', fault);
    return undefined;
  });
}

function failed(serverId: string, status: string, fault: string | null): Problem {
  const why = fault === null ? 'the cloud gives no message; see the log of nova-compute' : fault;
  return new Problem('E_SERVER_FAULT', `The snapshot of server ${serverId} failed (image is ${status}): ${why}.`, {
    about: `server/${serverId}`,
  });
}

import { diskIdOf, type ResourceOf } from '../../../model/resource.ts';
import { asProblem } from '../../../problem.ts';
import type { DestinationFacts } from '../../facts.ts';
import type { ApiAttachment, ApiServer, ApiVolume, ApiVolumeSnapshot, ApiVolumeType } from '../api.ts';
import { describe } from '../attributes/describe.ts';
import { readVolumeQuotas } from '../facts/quotas.ts';
import type { CloudSession } from '../session/session.ts';
import { isMovedVolume, isOfReading, isTemporary } from '../stamp.ts';
import { readAttachments } from '../volumes/attachments.ts';
import { isFree } from '../volumes/free.ts';
import { listTypes } from '../volumes/places.ts';
import { listOf } from '../volumes/read.ts';
import { readConnection, type VolumeConnection } from '../volumes/volume-connection.ts';
import type { Scope } from './scope.ts';

/** What was read of a project's volumes. */
export interface VolumeContents {
  /** Those of the project; null where they cannot be read. */
  readonly volumes: readonly ApiVolume[] | null;
  /** The snapshots of them, but for those that we made to read volumes; null as above. */
  readonly snapshots: readonly ApiVolumeSnapshot[] | null;
  readonly volumeTypes: readonly ApiVolumeType[];
  /** The attachments of each server that moves, by its id. */
  readonly attachments: ReadonlyMap<string, readonly ApiAttachment[]>;
  /** How their volumes are connected, by the volume's id; those are absent that Cinder hides. */
  readonly connections: ReadonlyMap<string, VolumeConnection>;
  /** The limits on volumes of the project in which temporary ones are made. */
  readonly quotas: DestinationFacts['quotas'];
}

/** Reads the volumes of a project, and which of the servers have them. */
export async function readVolumes(
  session: CloudSession,
  scope: Scope,
  servers: readonly ApiServer[],
  signal: AbortSignal,
): Promise<VolumeContents> {
  const attachments = new Map<string, readonly ApiAttachment[]>();
  for (const server of servers) attachments.set(server.id, await readAttachments(session, server, signal));
  const connections = new Map<string, VolumeConnection>();
  const unread = { volumes: null, snapshots: null, volumeTypes: [], attachments, connections, quotas: {} };
  if (!(await session.has('volume', signal))) {
    // Without Cinder there are no volumes, but for those that a server has all the same.
    const isUsed = [...attachments.values()].some((all) => all.length > 0);
    return isUsed ? unread : { ...unread, volumes: [], snapshots: [] };
  }
  const query = scope.own ? {} : { all_tenants: true, project_id: scope.projectId };
  try {
    const [volumes, snapshots, volumeTypes, quotas] = await Promise.all([
      listOf(session, 'volume', query, signal),
      listOf(session, 'snapshot', query, signal).catch(mustBeRefusal),
      listTypes(session, signal),
      readVolumeQuotas(session, signal),
    ]);
    const isOwn = (volume: ApiVolume): boolean => (volume['os-vol-tenant-attr:tenant_id'] ?? scope.projectId) === scope.projectId;
    const own = volumes.filter(isOwn);
    const ids = new Set(own.map(({ id }) => id));
    return {
      volumes: own,
      snapshots: snapshots?.filter(({ volume_id, metadata }) => ids.has(volume_id) && !isOfReading(metadata)) ?? null,
      volumeTypes,
      attachments,
      connections: await connectionsOf(session, own, attachments, signal),
      quotas,
    };
  } catch (error) {
    mustBeRefusal(error);
    return unread;
  }
}

/** Takes a refusal for nothing that can be read; throws everything else. */
function mustBeRefusal(error: unknown): null {
  if (['E_FORBIDDEN', 'E_CLOUD_REFUSED'].includes(asProblem(error).code)) return null;
  throw error;
}

async function connectionsOf(
  session: CloudSession,
  volumes: readonly ApiVolume[],
  attachments: VolumeContents['attachments'],
  signal: AbortSignal,
): Promise<Map<string, VolumeConnection>> {
  const used = new Set([...attachments.values()].flat().map(({ volumeId }) => volumeId));
  const connections = new Map<string, VolumeConnection>();
  for (const volume of volumes.filter(({ id }) => used.has(id))) {
    const connection = await readConnection(session, volume, signal);
    if (connection !== null) connections.set(volume.id, connection);
  }
  return connections;
}

/** The volumes of a server that can be described. */
export function readableOf(server: Pick<ApiServer, 'id'>, { attachments, volumes }: VolumesRead): ApiVolume[] {
  const ids = (attachments.get(server.id) ?? []).map(({ volumeId }) => volumeId);
  return ids.flatMap((id) => volumes?.find((volume) => volume.id === id) ?? []);
}

/**
 * The volumes that move with a server. One that several have moves once: with the first of them by
 * id.
 */
export function volumesOfServer(server: Pick<ApiServer, 'id'>, contents: VolumesRead): ApiVolume[] {
  const isFirstOf = (volume: string): boolean => holdersOf(volume, contents).every((other) => server.id <= other);
  return readableOf(server, contents).filter((volume) => !isShared(volume) || isFirstOf(volume.id));
}

/** The servers among those read that have a volume. */
function holdersOf(volume: string, { attachments }: Pick<VolumeContents, 'attachments'>): string[] {
  return [...attachments].flatMap(([server, all]) => (all.some(({ volumeId }) => volumeId === volume) ? server : []));
}

/** Whether several servers have a volume. */
export function isShared({ attachments }: Pick<ApiVolume, 'attachments'>): boolean {
  return attachments.length > 1;
}

type VolumesRead = Pick<VolumeContents, 'volumes' | 'attachments'>;

/** Why a volume that none of the servers has does not move; null for one that moves by itself. */
export function whyLeft(volume: ApiVolume): string | null {
  if (isMovedVolume(volume)) return 'moved by an earlier campaign';
  if (volume.encrypted === true) return 'encrypted';
  return isFree(volume) ? null : volume.status;
}

/** The volumes that no server of those read has, but for what we made to read others. */
export function volumesAlone({ volumes, attachments }: VolumesRead): ApiVolume[] {
  const used = new Set([...attachments.values()].flat().map(({ volumeId }) => volumeId));
  return (volumes ?? []).filter((volume) => !used.has(volume.id) && !isTemporary('volume', volume));
}

/** The volumes that move by themselves. */
export function loneVolumes(contents: VolumesRead): ApiVolume[] {
  return volumesAlone(contents).filter((volume) => whyLeft(volume) === null);
}

/**
 * A volume, and the disk that its bytes are. `server`: the one that has it; the volume itself where
 * none does.
 */
export function describeVolume(
  volume: ApiVolume,
  server: Pick<ApiServer, 'id'>,
  { volumeTypes }: Pick<VolumeContents, 'volumeTypes'>,
): { readonly disk: ResourceOf<'disk'>; readonly volume: ResourceOf<'volume'> } {
  const type = volumeTypes.find(({ name }) => name === volume.volume_type);
  const disk_id = diskIdOf(volume.id);
  const disk = describe('disk', volume, {
    id: disk_id,
    server_id: server.id,
    volume_id: volume.id,
    min_disk: volume.size,
    min_ram: 0,
    properties: {},
  });
  const described = describe('volume', volume, {
    disk_id,
    type_specs: type?.extra_specs ?? {},
    read_only: volume.metadata['readonly'] === 'True',
  });
  return { disk, volume: described };
}

import { z } from 'zod';
import { removeVolume } from '../cinder/fill.ts';
import type { Volume } from '../cinder/model.ts';
import { cinderStamp, findVolume, hasSnapshots, touchVolume, volumePath } from '../cinder/volume.ts';
import { type Cloud, diskPath } from '../cloud.ts';
import { newUuid } from '../identifier.ts';
import { badRequest } from '../refusal.ts';
import type { Call } from '../route.ts';
import type { Server, ServerVolume } from './model.ts';

/** An entry of block_device_mapping_v2 (nova/api/openstack/compute/schemas/servers.py). */
export const blockDevice = z.strictObject({
  uuid: z.string().optional(),
  source_type: z.enum(['volume', 'image', 'snapshot', 'blank']),
  destination_type: z.enum(['local', 'volume']).optional(),
  boot_index: z
    .union([
      z.int(),
      z
        .string()
        .regex(/^-?\d+$/)
        .transform(Number),
    ])
    .nullish(),
  delete_on_termination: z.boolean().optional(),
  tag: z
    .string()
    .min(1)
    .max(60)
    .regex(/^[^,/]*$/)
    .nullish(),
  device_name: z.string().max(255).nullish(),
  device_type: z.string().nullish(),
  disk_bus: z.string().nullish(),
  guest_format: z.string().nullish(),
  volume_size: z.unknown().optional(),
  volume_type: z.unknown().optional(),
  no_device: z.unknown().optional(),
});

type BlockDevice = z.infer<typeof blockDevice>;

const invalid = (why: string) => badRequest(`Block Device Mapping is Invalid: ${why}`);

/**
 * The volumes that a new server is to have, refused as nova/compute/api.py refuses
 * (`_validate_bdm`). Only volumes that exist are known here, and the disk of the server's image.
 */
export function wantedVolumes(call: Call, imageRef: string, devices: readonly BlockDevice[]): ServerVolume[] {
  if (devices.length === 0) return [];
  const roots = devices.filter(({ boot_index }) => boot_index === 0);
  if (roots.length !== 1)
    throw invalid('Boot sequence for the instance and image/block device mapping combination is not valid.');
  const isLocal = ({ source_type, destination_type }: BlockDevice): boolean =>
    source_type === 'image' && destination_type === 'local';
  if (imageRef !== '' && !roots.every((root) => isLocal(root) && root.uuid === imageRef))
    throw invalid('Boot sequence for the instance and image/block device mapping combination is not valid.');
  const volumes = devices.filter((device) => !isLocal(device));
  const ids = new Set(volumes.map(({ uuid }) => uuid));
  if (ids.size < volumes.length) throw invalid('You specified the same volume more than once.');
  // Devices follow the order of the list; the local disk of an image is the first.
  const first = imageRef === '' ? 0 : 1;
  return volumes.map((device, index) => {
    if (device.source_type !== 'volume' || device.destination_type !== 'volume')
      throw invalid('this cloud attaches volumes that exist, and makes none.');
    const volume = reservable(call, device.uuid ?? '');
    if (device.boot_index === 0 && !volume.bootable) throw badRequest(`Block Device ${volume.id} is not bootable.`);
    return {
      volumeId: volume.id,
      device: deviceName(first + index),
      bootIndex:
        device.boot_index === undefined || device.boot_index === null || device.boot_index < 0 ? null : device.boot_index,
      tag: device.tag ?? null,
      deleteOnTermination: device.delete_on_termination ?? false,
      attachmentId: newUuid(),
      bdmId: newUuid(),
    };
  });
}

/** The first microversion that attaches volumes which several servers may have. */
const firstShared = 60;

/** A volume that can be attached (cinder/volume/api.py, `_attachment_reserve`). */
export function reservable({ cloud, caller, minor }: Call, id: string): Volume {
  const volume = findVolume(cloud, caller, id);
  if (volume === undefined) throw invalid(`failed to get volume ${id}.`);
  // nova/exception.py, MultiattachNotSupportedOldMicroversion.
  if (volume.multiattach && minor < firstShared)
    throw badRequest('Multiattach volumes are only supported starting with compute API version 2.60.');
  const isFree = volume.status === 'available' || (volume.multiattach && volume.status === 'in-use');
  if (!isFree)
    throw badRequest(
      `Invalid volume: Volume ${id} status must be available or downloading to reserve, but the current status is ${volume.status}.`,
    );
  return volume;
}

/**
 * Refuses volumes of another zone than the one that was asked for, where the cloud attaches none
 * across zones (nova/volume/cinder.py, `check_availability_zone`).
 */
export function checkZones({ cloud }: Call, volumes: readonly ServerVolume[], asked: string | null): void {
  if (cloud.settings.crossZones || asked === null) return;
  const [wanted = ''] = asked.split(':');
  for (const { volumeId } of volumes) {
    const zone = cloud.state.volumes.get(volumeId)?.zone;
    if (zone !== wanted)
      throw badRequest(
        `Invalid volume: Instance and volume not in same availability_zone. Instance is in ${wanted}. Volume is in ${zone}`,
      );
  }
}

/** The name of the n-th disk on the virtio bus. */
const deviceName = (index: number): string => `/dev/vd${String.fromCharCode(97 + index)}`;

/** The first name that no disk of a server has. */
export function freeDevice({ imageId, volumes }: Server): string {
  const taken = new Set([...(imageId === '' ? [] : [deviceName(0)]), ...volumes.map(({ device }) => device)]);
  for (let index = 0; ; index += 1) if (!taken.has(deviceName(index))) return deviceName(index);
}

/**
 * Keeps the volumes of a server that is being built from others: also one that several may have,
 * for it is reserved for one at a time (cinder/volume/api.py, `_attachment_reserve`).
 */
export function reserveVolumes(cloud: Cloud, volumes: readonly ServerVolume[]): void {
  for (const { volumeId } of volumes) {
    const volume = cloud.state.volumes.get(volumeId);
    if (volume === undefined) continue;
    if (volume.status === 'available' || volume.status === 'in-use') volume.status = 'reserved';
    touchVolume(cloud, volume);
  }
}

/** Attaches a volume to a server. */
export function attachVolume(cloud: Cloud, server: Server, { volumeId, device, attachmentId: id }: ServerVolume): void {
  const volume = cloud.state.volumes.get(volumeId);
  if (volume === undefined) return;
  volume.attachments.push({ id, serverId: server.id, device, attachedAt: cinderStamp() });
  volume.status = 'in-use';
  touchVolume(cloud, volume);
}

/** Detaches a volume from a server. */
export function detachVolume(cloud: Cloud, server: Server, { volumeId }: ServerVolume): void {
  const volume = cloud.state.volumes.get(volumeId);
  if (volume === undefined) return;
  volume.attachments = volume.attachments.filter(({ serverId }) => serverId !== server.id);
  if (['in-use', 'reserved'].includes(volume.status)) volume.status = volume.attachments.length === 0 ? 'available' : 'in-use';
  touchVolume(cloud, volume);
}

/** Detaches every volume of a server that is deleted, and deletes those that go with it. */
export function dropVolumes(cloud: Cloud, server: Server): void {
  for (const one of server.volumes) {
    detachVolume(cloud, server, one);
    const volume = cloud.state.volumes.get(one.volumeId);
    if (one.deleteOnTermination && volume?.status === 'available' && !hasSnapshots(cloud, volume)) removeVolume(cloud, volume);
  }
}

/** The volume that a server boots from; undefined where it boots from a disk of its own. */
export function rootVolume({ volumes }: { readonly volumes: readonly ServerVolume[] }): ServerVolume | undefined {
  return volumes.find(({ bootIndex }) => bootIndex === 0);
}

/** Where the bytes of the disk are that a server boots from. */
export function rootPath(cloud: Cloud, server: Server): string {
  const root = rootVolume(server);
  return root === undefined ? diskPath(cloud, server.id) : volumePath(cloud, root.volumeId);
}

/** Where the bytes of all disks of a server are that its guest may write. */
export function diskPaths(cloud: Cloud, server: Server): string[] {
  const volumes = server.volumes.map(({ volumeId }) => volumePath(cloud, volumeId));
  return server.imageId === '' ? volumes : [diskPath(cloud, server.id), ...volumes];
}

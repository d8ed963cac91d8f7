import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { parse } from '../body.ts';
import { startVolumeSnapshot } from '../cinder/snapshots.ts';
import { type Cloud, diskPath, imagePath } from '../cloud.ts';
import { copyWithDigests } from '../disk.ts';
import { blankImage, checkImageCount } from '../glance/create.ts';
import { activate, openImage, roomFor } from '../glance/data.ts';
import { touch } from '../glance/images.ts';
import type { Image } from '../glance/model.ts';
import { newUuid } from '../identifier.ts';
import type { Answer, Call } from '../route.ts';
import { checkState, isThere, serverOf, touchServer, untilHostIsUp } from './instance.ts';
import { metadataSchema } from './metadata.ts';
import type { Server } from './model.ts';

/**
 * Properties that Nova notes for every server it builds with libvirt and q35's elder sister, and
 * hands on to snapshots.
 */
const machineProperties = {
  hw_machine_type: 'pc',
  hw_cdrom_bus: 'ide',
  hw_input_bus: 'usb',
  hw_pointer_model: 'usbtablet',
  hw_video_model: 'virtio',
  hw_vif_model: 'virtio',
  hw_disk_bus: 'virtio',
};

/** How long each stage of a snapshot lasts at pace 1, the copying of bytes not counted. */
const stageMs = { image_snapshot: 300, image_pending_upload: 300, image_uploading: 300 } as const;

/**
 * Properties of the source image that a snapshot does not inherit (non_inheritable_image_properties
 * in nova.conf).
 */
const notInherited: ReadonlySet<string> = new Set([
  'cache_in_nova',
  'bittorrent',
  'base_image_ref',
  'instance_uuid',
  'image_type',
]);

const request = z.strictObject({ name: z.string().min(1).max(255), metadata: metadataSchema.optional() });

/** The action createImage: answers at once with the image that will be. */
export function createImageOf(call: Call, parameters: unknown): Answer {
  const server = serverOf(call);
  const given = parse(request, parameters);
  // A lock does not forbid a snapshot (nova/compute/api.py, snapshot).
  checkState(server, 'createImage', ['active', 'stopped', 'paused', 'suspended']);
  checkImageCount(call.cloud, call.caller.projectId);
  const snapshot = server.imageId === '' ? snapshotVolumes : startSnapshot;
  const image = snapshot(call, server, given.name, given.metadata ?? {});
  const location = `${call.cloud.url('image')}/v2/images/${image.id}`;
  // Until 2.44 the image is named by the Location header alone.
  if (call.minor >= 45) return { status: 202, body: { image_id: image.id } };
  return { status: 202, headers: { location } };
}

/** Makes the image record and fills it in the background with the server's disk. */
export function startSnapshot(
  call: Call,
  server: Server,
  name: string,
  metadata: Readonly<Record<string, string>>,
  after?: () => void,
): Image {
  const { cloud } = call;
  const image = snapshotRecord(call, server, name, metadata);
  cloud.state.images.set(image.id, image);
  server.taskState = 'image_snapshot_pending';
  touchServer(cloud, server);
  cloud.background.run(async () => {
    await upload(cloud, server, image);
    if (isThere(cloud, server)) server.taskState = null;
    after?.();
    touchServer(cloud, server);
  });
  return image;
}

/**
 * What Nova makes of a server that boots from a volume: snapshots of all its volumes in Cinder, and
 * an image without bytes that names them (nova/compute/api.py, `snapshot_volume_backed`).
 */
function snapshotVolumes(call: Call, server: Server, name: string, metadata: Readonly<Record<string, string>>): Image {
  const { cloud } = call;
  const mapping = server.volumes.flatMap(({ volumeId, device, bootIndex, deleteOnTermination, tag }) => {
    const volume = cloud.state.volumes.get(volumeId);
    if (volume === undefined) return [];
    const { id } = startVolumeSnapshot(call, volume, `snapshot for ${name}`);
    return {
      source_type: 'snapshot',
      destination_type: 'volume',
      snapshot_id: id,
      volume_size: volume.sizeGiB,
      device_name: device,
      boot_index: bootIndex,
      delete_on_termination: deleteOnTermination,
      tag,
    };
  });
  const image = snapshotRecord(call, server, name, metadata);
  Object.assign(image.properties, {
    block_device_mapping: JSON.stringify(mapping),
    bdm_v2: 'True',
    root_device_name: '/dev/vda',
  });
  Object.assign(image, { status: 'active', size: 0, diskFormat: null, containerFormat: null });
  delete image.properties['image_type'];
  cloud.state.images.set(image.id, image);
  cloud.changed();
  return image;
}

function snapshotRecord(call: Call, server: Server, name: string, metadata: Readonly<Record<string, string>>): Image {
  const { caller } = call;
  // What libvirt was given to make the machine goes along too, asked for or not.
  const inherited = Object.entries(server.imageProperties).filter(([key]) => !notInherited.has(key));
  const properties = {
    ...machineProperties,
    ...Object.fromEntries(inherited),
    ...metadata,
    base_image_ref: server.imageId,
    instance_uuid: server.id,
    user_id: server.userId,
    image_type: 'snapshot',
    boot_roles: caller.roles.join(','),
    owner_user_name: caller.userName,
    owner_project_name: caller.projectName,
  };
  return blankImage(newUuid(), server.projectId, {
    name,
    visibility: 'private',
    protected: false,
    hidden: false,
    diskFormat: null,
    containerFormat: null,
    minDisk: Math.max(server.flavor.diskGiB, server.imageFormat.minDisk),
    minRam: server.imageFormat.minRam,
    tags: [],
    properties,
  });
}

async function upload(cloud: Cloud, server: Server, image: Image): Promise<void> {
  for (const [stage, milliseconds] of Object.entries(stageMs)) {
    server.taskState = stage;
    if (stage === 'image_uploading') {
      image.status = 'saving';
      image.diskFormat = server.imageFormat.disk;
      image.containerFormat = server.imageFormat.container;
      Object.assign(image.properties, { image_location: 'snapshot', image_state: 'available', owner_id: server.projectId });
      touch(cloud, image);
    }
    touchServer(cloud, server);
    await cloud.background.pause(milliseconds);
    await untilHostIsUp(cloud, server);
    // A server that is deleted meanwhile takes its unfinished snapshot with it.
    if (!isThere(cloud, server)) return discard(cloud, image);
    if (!cloud.state.images.has(image.id)) return;
  }
  await (await openImage(cloud, image.id)).abandon();
  const digests = await copyWithDigests(diskPath(cloud, server.id), imagePath(cloud, image.id), cloud.background.signal);
  if (!cloud.state.images.has(image.id)) return await rm(imagePath(cloud, image.id), { force: true });
  // Nova removes the image when Glance refuses its bytes.
  if (digests.size > roomFor(cloud, image.owner)) {
    await rm(imagePath(cloud, image.id), { force: true });
    return discard(cloud, image);
  }
  await activate(cloud, image, digests);
}

function discard(cloud: Cloud, image: Image): void {
  cloud.state.images.delete(image.id);
  cloud.changed();
}

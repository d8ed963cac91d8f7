import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { parse } from '../body.ts';
import { type Cloud, imagePath } from '../cloud.ts';
import { copyWithDigests } from '../disk.ts';
import { blankImage, checkImageCount } from '../glance/create.ts';
import { activate, openImage, refuseOtherContent, roomFor } from '../glance/data.ts';
import { touch } from '../glance/images.ts';
import type { Image } from '../glance/model.ts';
import { newUuid } from '../identifier.ts';
import { badRequest } from '../refusal.ts';
import type { Answer, Call } from '../route.ts';
import type { Volume } from './model.ts';
import { invalidVolume, touchVolume, volumePath } from './volume.ts';

const request = z.looseObject({
  image_name: z.string().min(1).max(255),
  force: z.boolean().optional(),
  disk_format: z.enum(['raw', 'qcow2', 'vmdk', 'vdi', 'vhd', 'vhdx', 'ploop']).default('raw'),
  container_format: z.string().default('bare'),
  visibility: z.enum(['private', 'shared', 'public', 'community']).optional(),
  protected: z.boolean().optional(),
});

/** How long the two stages of an upload last at pace 1, the copying of bytes not counted. */
const stageMs = { queued: 200, saving: 300 } as const;

/** Properties that an upload gets anew (glance_core_properties of cinder.conf). */
const core: ReadonlySet<string> = new Set([
  'checksum',
  'container_format',
  'disk_format',
  'image_name',
  'image_id',
  'min_disk',
  'min_ram',
  'name',
  'size',
]);

/**
 * The action os-volume_upload_image (cinder/volume/api.py, `copy_volume_to_image`): the image has
 * the volume's image metadata as properties from its first moment. enable_force_upload is off by
 * default, and a volume in use is then refused.
 */
export function uploadToImage(call: Call, volume: Volume, parameters: unknown): Answer {
  const { cloud, minor } = call;
  const given = parse(request, parameters);
  if (given.disk_format !== 'raw') throw badRequest('The twin uploads raw images only.');
  if (volume.status !== 'available') throw invalidVolume(`Volume ${volume.id} status must be available`);
  checkImageCount(cloud, call.caller.projectId);
  const properties = Object.fromEntries(Object.entries(volume.imageMetadata).filter(([key]) => !core.has(key)));
  const image = blankImage(newUuid(), call.caller.projectId, {
    name: given.image_name,
    // Before 3.1 nobody chooses, and Glance's own default holds.
    visibility: minor >= 1 ? (given.visibility ?? 'private') : 'shared',
    protected: minor >= 1 && given.protected === true,
    hidden: false,
    diskFormat: given.disk_format,
    containerFormat: given.container_format,
    minDisk: 0,
    minRam: 0,
    tags: [],
    properties,
  });
  cloud.state.images.set(image.id, image);
  volume.status = 'uploading';
  touchVolume(cloud, volume);
  cloud.background.run(() => upload(cloud, volume, image));
  const body = {
    id: volume.id,
    updated_at: volume.updatedAt,
    status: 'uploading',
    display_description: volume.description,
    size: volume.sizeGiB,
    volume_type: cloud.state.volumeTypes.get(volume.typeId)?.name ?? null,
    image_id: image.id,
    container_format: image.containerFormat,
    disk_format: image.diskFormat,
    image_name: image.name,
    ...(minor >= 1 ? { visibility: image.visibility, protected: image.protected } : {}),
  };
  return { status: 202, body: { 'os-volume_upload_image': body } };
}

async function upload(cloud: Cloud, volume: Volume, image: Image): Promise<void> {
  await cloud.background.pause(stageMs.queued);
  if (cloud.state.images.has(image.id)) {
    image.status = 'saving';
    touch(cloud, image);
    await cloud.background.pause(stageMs.saving);
    await store(cloud, volume, image);
  }
  volume.status = 'available';
  touchVolume(cloud, volume);
}

async function store(cloud: Cloud, volume: Volume, image: Image): Promise<void> {
  await (await openImage(cloud, image.id)).abandon();
  const path = imagePath(cloud, image.id);
  const digests = await copyWithDigests(volumePath(cloud, volume.id), path, cloud.background.signal);
  const isTaken = await refuseOtherContent(cloud, image).then(
    () => true,
    () => false,
  );
  const isStored = isTaken && cloud.state.images.has(image.id) && digests.size <= roomFor(cloud, image.owner);
  if (isStored) return activate(cloud, image, digests);
  // Cinder deletes an image whose bytes Glance refuses (cinder/volume/manager.py).
  cloud.state.images.delete(image.id);
  await rm(path, { force: true });
}

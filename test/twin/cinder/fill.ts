import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Cloud } from '../cloud.ts';
import type { Image } from '../glance/model.ts';
import { copyQcow2 } from '../qcow2.ts';
import type { Volume } from './model.ts';
import { bytesOf, copyBytes, touchVolume, volumePath, writeBlank } from './volume.ts';

/** How long each stage lasts at pace 1, the copying of bytes not counted. */
const stageMs = { creating: 300, downloading: 300, deleting: 300 } as const;

/** Where the bytes of a new volume come from, and the image that they are. */
export interface Origin {
  readonly path: string;
  readonly image?: Image;
}

/** Fills a new volume in the background: available, or error where its bytes cannot be had. */
export function fillVolume(cloud: Cloud, volume: Volume, origin: Origin | null): void {
  cloud.background.run(async () => {
    await cloud.background.pause(stageMs.creating);
    if (!isThere(cloud, volume)) return;
    try {
      const fault = cloud.faults.take('volume-error', volume.name ?? '');
      if (fault?.message !== undefined) volume.failure = fault.message;
      if (fault !== undefined) throw new Error('told to fail');
      await write(cloud, volume, origin);
    } catch {
      cloud.background.signal.throwIfAborted();
      volume.status = 'error';
      return touchVolume(cloud, volume);
    }
    if (!isThere(cloud, volume)) return rm(volumePath(cloud, volume.id), { force: true });
    volume.status = 'available';
    touchVolume(cloud, volume);
  });
}

async function write(cloud: Cloud, volume: Volume, origin: Origin | null): Promise<void> {
  const path = volumePath(cloud, volume.id);
  const bytes = bytesOf(cloud, volume.sizeGiB);
  if (origin === null) return writeBlank(path, bytes);
  if (origin.image === undefined) return copyBytes(cloud, origin.path, path, bytes);
  volume.status = 'downloading';
  touchVolume(cloud, volume);
  await cloud.background.pause(stageMs.downloading);
  if (origin.image.diskFormat !== 'qcow2') await copyBytes(cloud, origin.path, path, bytes);
  else {
    await mkdir(dirname(path), { recursive: true });
    await copyQcow2(origin.path, path, bytes, cloud.background.signal);
  }
  volume.bootable = true;
  volume.imageMetadata = metadataOf(origin.image);
}

/**
 * What a volume keeps of its image: Glance's own attributes, and every property
 * (cinder/volume/manager.py, `_copy_image_to_volume`; glance_core_properties in cinder.conf).
 */
function metadataOf(image: Image): Record<string, string> {
  const own = {
    image_id: image.id,
    image_name: image.name,
    checksum: image.md5,
    container_format: image.containerFormat,
    disk_format: image.diskFormat,
    min_disk: image.minDisk,
    min_ram: image.minRam,
    size: image.size,
  };
  const told = Object.entries({ ...own, ...image.properties }).filter(([, value]) => value !== null);
  return Object.fromEntries(told.map(([key, value]) => [key, String(value)]));
}

/** Deletes a volume in the background. */
export function removeVolume(cloud: Cloud, volume: Volume): void {
  volume.status = 'deleting';
  touchVolume(cloud, volume);
  cloud.background.run(async () => {
    await cloud.background.pause(stageMs.deleting);
    cloud.state.volumes.delete(volume.id);
    cloud.changed();
    await rm(volumePath(cloud, volume.id), { force: true });
  });
}

/** Whether a volume still exists; background work checks it before every step. */
const isThere = (cloud: Cloud, { id }: Volume): boolean => cloud.state.volumes.has(id);

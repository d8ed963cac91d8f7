import type { BlockSource } from '../../../disk/block-source.ts';
import type { ResourceOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiVolume } from '../api.ts';
import { isUsable, readImage } from '../images/snapshots.ts';
import { until } from '../session/wait.ts';
import { temporaryName } from '../stamp.ts';
import { untilAvailable } from '../volumes/read.ts';
import { refusedContent, uploadOf } from '../volumes/snapshot-volume.ts';
import { destroyImage, isWhole } from './disk.ts';
import type { Site } from './site.ts';

/**
 * Reads an available volume back from the cloud, and compares all its bytes with the disk: by the
 * digest that Glance computes of an image of it. That image is deleted; it carries the stamp of the
 * image that the volume was made from. Throws E_IMAGE_MISMATCH.
 */
export async function readBack(site: Site, { id }: ApiVolume, disk: ResourceOf<'disk'>, context: BuildContext): Promise<void> {
  const { disk: source, signal } = context;
  if (source === undefined) throw new Problem('E_BUG', `No bytes were given for volume ${disk.volume_id}.`);
  const { session } = site;
  const imageId = await uploadOf(session, id, temporaryName(disk.id), signal);
  try {
    const image = await until(`The image of volume ${id}`, context, async () => {
      const is = await readImage(session, imageId, signal);
      if (is === null || !isUsable(is))
        throw new Problem('E_CLOUD', `The image of volume ${id} is ${is?.status ?? 'gone'}.`, {
          about: `volume/${id}`,
          hint: refusedContent,
        });
      return is.status === 'active' ? is : undefined;
    });
    const isSame = (image.size ?? 0) >= source.size && (await isWhole(image, filledUp(source, image.size ?? 0), context));
    await untilAvailable(session, 'volume', id, context);
    if (isSame) return;
    const says = `Volume ${id} was made from the disk ${disk.id}, but its bytes are others, by the digest of an image of it.`;
    throw new Problem('E_IMAGE_MISMATCH', says, { about: `volume/${id}` });
  } finally {
    if (!signal.aborted) await destroyImage(site, imageId, signal);
  }
}

/** A disk with zeros behind its end: a volume has whole GiB. */
function filledUp(source: BlockSource, size: number): BlockSource {
  return {
    size,
    close: () => source.close(),
    read: async (offset, length, into) => {
      const bytes = (into ?? Buffer.allocUnsafe(length)).subarray(0, length);
      const held = Math.max(0, Math.min(length, source.size - offset));
      if (held > 0) (await source.read(offset, held, bytes)).copy(bytes);
      return bytes.fill(0, held);
    },
  };
}

import { isOfLoneVolume } from '../../../model/lone-volumes.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { snapshotIn } from '../../../model/snapshot-volumes.ts';
import { Problem } from '../../../problem.ts';
import type { Patience } from '../../patience.ts';
import type { RoundStamp, Snapshot } from '../../source-cloud.ts';
import type { ApiImage, ApiVolume, ApiVolumeSnapshot } from '../api.ts';
import { isUsable, readImage, snapshotOf, stampedSnapshots } from '../images/snapshots.ts';
import { createOrFind } from '../session/late.ts';
import type { CloudSession } from '../session/session.ts';
import { until } from '../session/wait.ts';
import { snapshotStamp, temporaryName } from '../stamp.ts';
import { actOn, createOf, destroyOf, untilAvailable } from './read.ts';
import { reasonOf } from './reason.ts';
import { type PermitOurs, type TemporaryKind, temporaryKinds, temporaryOf } from './temporary.ts';

/**
 * Block Storage API v3, "Create a snapshot": before 3.66 a volume in use needs `force`, which is
 * ignored later.
 */
const inUseAllowed = '3.66';

/**
 * Why Glance may refuse what Cinder uploads: from 2025.1 on it looks whether a raw image is one
 * (Glance's option `require_image_format_match`).
 */
export const refusedContent =
  'Glance may have refused it: a volume that its guest encrypted whole (LUKS), or that holds a disk image, is no raw image for a Glance of 2025.1 or newer, unless `require_image_format_match` is off there. A quota and a full store are other reasons.';

/** Looks at an image that nobody fills after which its upload counts as failed. */
const idleLooks = 10;

/** How a volume is read: `ready` is called before the first write. */
interface ReadingTools {
  readonly ready: () => Promise<void>;
  readonly permit: PermitOurs;
}

/** The reading of one volume. */
interface VolumeReading extends ReadingTools {
  readonly session: CloudSession;
  readonly disk: ResourceOf<'disk'>;
  readonly stamp: Readonly<Record<string, string>>;
  readonly patience: Patience;
}

/**
 * Freezes a volume as an image, without touching its attachment: a snapshot in Cinder, a temporary
 * volume of that, an upload to Glance. Of a volume that no server has the temporary volume is a
 * clone; of a snapshot that its owner made it is made as of ours, and the snapshot stays. Our own
 * snapshot and the temporary volume are deleted once the image is there; every step finds what an
 * earlier call made. Throws E_SERVER_FAULT, E_CLOUD_TIMEOUT, and what `ready` throws.
 */
export async function snapshotVolume(
  session: CloudSession,
  disk: ResourceOf<'disk'>,
  made: RoundStamp,
  patience: Patience,
  tools: ReadingTools,
): Promise<Snapshot> {
  const reading = { session, disk, stamp: snapshotStamp(made, refOf('disk', disk.id)), patience, ...tools };
  const image = await untilUploaded(reading, (await findImage(reading)) ?? (await upload(reading)));
  await clear(reading);
  return snapshotOf(image);
}

async function findImage({ session, stamp, patience }: VolumeReading): Promise<string | null> {
  return (await stampedSnapshots(session, stamp, patience.signal)).find(isUsable)?.id ?? null;
}

/** Uploads the temporary volume; returns the image's id. */
async function upload(reading: VolumeReading): Promise<string> {
  const { session, disk, stamp, patience } = reading;
  const volume = await temporaryVolume(reading);
  // Cinder gives the image metadata of a volume to its images (cinder/volume/api.py,
  // `copy_volume_to_image`), so that the image is stamped from its first moment.
  const metadata = { ...stamp, image_type: 'snapshot' };
  await actOn(session, volume, 'os-set_image_metadata', { metadata }, patience.signal);
  return createOrFind(
    () => uploadOf(session, volume, temporaryName(disk.id), patience.signal),
    () => findImage(reading),
    patience.signal,
  );
}

/** Block Storage API v3, "Upload volume to image": raw, and private. Returns the image's id. */
export async function uploadOf(session: CloudSession, volume: string, image_name: string, signal: AbortSignal): Promise<string> {
  const parameters = { image_name, disk_format: 'raw', container_format: 'bare', visibility: 'private' };
  const body = await actOn(session, volume, 'os-volume_upload_image', parameters, signal);
  const { image_id } = (body as { 'os-volume_upload_image'?: { image_id?: unknown } } | null)?.['os-volume_upload_image'] ?? {};
  if (typeof image_id === 'string') return image_id;
  throw new Problem('E_CLOUD', 'os-volume_upload_image: the answer has no image_id.');
}

/** A volume with the bytes of the volume that is read, available. */
async function temporaryVolume(reading: VolumeReading): Promise<string> {
  const { session, disk, stamp, patience, permit } = reading;
  const find = async (): Promise<string | null> => findUsable(reading, 'volume');
  const earlier = await find();
  const origin = earlier === null ? await originOf(reading) : {};
  const body = { ...origin, name: temporaryName(disk.id), metadata: stamp };
  const id = earlier ?? (await createOrFind(() => createOf(session, 'volume', body, patience.signal), find, patience.signal));
  permit('volume', await untilAvailable(session, 'volume', id, patience));
  return id;
}

/**
 * What the temporary volume is made of. A volume that no server has is cloned: a snapshot would be
 * deleted later, when a server may have it, and on NFS that costs the server its disk. There Cinder
 * clones only what is available (cinder/volume/drivers/remotefs.py, `_create_cloned_volume`).
 */
async function originOf(reading: VolumeReading): Promise<{ readonly source_volid?: string; readonly snapshot_id?: string }> {
  const { disk, ready } = reading;
  const kept = snapshotIn(disk.volume_id);
  if (kept !== null) {
    await ready();
    return { snapshot_id: kept };
  }
  if (disk.volume_id === null || !isOfLoneVolume(disk)) return { snapshot_id: await cinderSnapshot(reading) };
  await ready();
  return { source_volid: disk.volume_id };
}

async function cinderSnapshot(reading: VolumeReading): Promise<string> {
  const { session, disk, stamp, patience, ready } = reading;
  const { signal } = patience;
  const find = async (): Promise<string | null> => findUsable(reading, 'snapshot');
  const earlier = await find();
  if (earlier === null) await ready();
  const forced = (await session.knows(inUseAllowed, signal, 'volume')) ? {} : { force: true };
  const body = { volume_id: disk.volume_id, name: temporaryName(disk.id), metadata: stamp, ...forced };
  const id = earlier ?? (await createOrFind(() => createOf(session, 'snapshot', body, signal), find, signal));
  await untilAvailable(session, 'snapshot', id, patience);
  return id;
}

/** What an earlier call made and can be used; what failed is deleted. */
async function findUsable(reading: VolumeReading, kind: TemporaryKind): Promise<string | null> {
  const all = await temporaryOf(reading.session, kind, reading.stamp, reading.patience.signal);
  for (const one of all) if (one.status.startsWith('error')) await destroy(reading, kind, one);
  return all.find(({ status }) => ['creating', 'available'].includes(status))?.id ?? null;
}

async function destroy(
  { session, patience, permit }: VolumeReading,
  kind: TemporaryKind,
  one: ApiVolume | ApiVolumeSnapshot,
): Promise<void> {
  permit(kind, one);
  await destroyOf(session, kind, one.id, patience);
}

async function untilUploaded({ session, disk, stamp, patience }: VolumeReading, id: string): Promise<ApiImage> {
  const { signal } = patience;
  let idle = 0;
  return until(`The image of volume ${disk.volume_id}`, patience, async () => {
    const image = await readImage(session, id, signal);
    if (image?.status === 'active') return image;
    const [volume] = await temporaryOf(session, 'volume', stamp, signal);
    idle = volume?.status === 'uploading' ? 0 : idle + 1;
    const isUnderWay = image !== null && isUsable(image) && idle <= idleLooks;
    if (isUnderWay) return undefined;
    const why = volume === undefined ? null : await reasonOf(session, volume.id, signal);
    const says = `The image of volume ${disk.volume_id} is ${image?.status ?? 'gone'}, and nothing fills it; ${why ?? 'see the logs of cinder-volume and Glance'}.`;
    throw new Problem('E_SERVER_FAULT', says, { about: `volume/${disk.volume_id}`, hint: refusedContent });
  });
}

/** Deletes the temporary volume and the snapshot, which the image no longer needs. */
async function clear(reading: VolumeReading): Promise<void> {
  for (const kind of temporaryKinds) {
    for (const one of await temporaryOf(reading.session, kind, reading.stamp, reading.patience.signal))
      await destroy(reading, kind, one);
  }
}

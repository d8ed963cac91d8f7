import type { BlockSource } from '../../../disk/block-source.ts';
import { asQcow2 } from '../../../disk/qcow2.ts';
import { digestOf, StreamDigest } from '../../../disk/stream-digest.ts';
import { type Ref, type ResourceOf, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiImage } from '../api.ts';
import { byName } from '../attributes/canonical.ts';
import { compare, differencesOf, withMore } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { digestOfImage } from '../images/download.ts';
import { guestProperties, propertiesOf } from '../images/image-properties.ts';
import { imitates } from '../images/imitates.ts';
import { readImage } from '../images/snapshots.ts';
import { thingOf } from '../session/answer.ts';
import { createOrFind } from '../session/late.ts';
import { listAll } from '../session/pages.ts';
import { cancelled } from '../session/transport.ts';
import { until } from '../session/wait.ts';
import { carries, imageStamp, isMadeByUs, newImage } from '../stamp.ts';
import { type Family, gone } from './family.ts';
import type { Site } from './site.ts';
import { unstamped } from './stamped.ts';

/** Bytes read from the disk and sent at once. */
const stride = 1024 * 1024;
const bytesPerGiB = 1024 ** 3;
/**
 * Buffers that an upload reuses: one is being read, one waits in the stream, one is being sent.
 * Backpressure allows no more.
 */
const buffers = 4;
/** Longest time that Glance may take to store an upload before it answers: milliseconds. */
const storeTimeoutMs = 30 * 60_000;

/** Number of attempts at an image that came out wrong, or an upload that broke off. */
export const attempts = 3;

/**
 * Disks: registered as Glance images in the cheapest format, uploaded as a stream, and verified by
 * Glance's digest.
 */
export const disk: Family<'disk'> = {
  async ensure(site, resource, context) {
    const { disk: source, signal } = context;
    if (source === undefined) throw new Problem('E_BUG', `No bytes were given for disk ${resource.id}.`);
    for (const image of await stamped(site, refOf('disk', resource.id), context)) {
      const file = await presented(source, image.disk_format ?? 'raw', signal);
      if (file.format === image.disk_format && (await isWhole(image, file.bytes, context))) return { id: image.id, how: 'found' };
      await destroyImage(site, image.id, signal);
    }
    const file = await presented(source, await formatFor(source, site), signal);
    for (let attempt = 1; ; attempt++) {
      const image = await create(site, resource, file, context);
      try {
        await site.uploads.run(() => upload(site, image, file, context), signal);
        return { id: image.id, how: 'created' };
      } catch (error) {
        // A wrong image is deleted, so that nobody boots from it.
        if (!signal.aborted) await destroyImage(site, image.id, signal);
        if (attempt >= attempts || !mayPass(error)) throw error;
      }
    }
  },

  async find(site, resource, context) {
    return (await stamped(site, refOf('disk', resource.id), context)).at(0)?.id ?? null;
  },

  async differences(site, resource, id, context) {
    const { signal, disk: source } = context;
    const is = await readImage(site.session, id, signal);
    if (is === null) return gone('image', id);
    const kept = guestProperties(propertiesOf(is));
    const file = source === undefined ? null : await presented(source, is.disk_format ?? 'raw', signal);
    const stored = file === null || (await isWhole(is, file.bytes, context)) ? 'the same' : 'others, by its own digest';
    const asked = Object.keys(resource.properties);
    const fatal = compare({
      status: ['active', is.status],
      disk_format: [is.disk_format === 'qcow2' ? 'qcow2' : 'raw', is.disk_format],
      properties: [byName(resource.properties), byName(only(kept, (name) => asked.includes(name)))],
      bytes: ['the same', stored],
    });
    // Glance may add properties to every image (the import plugin `inject_image_metadata`).
    const added = byName(only(kept, (name) => !asked.includes(name)));
    return withMore(await differencesOf(site, resource, is, context), fatal, compare({ 'further properties': [[], added] }));
  },

  async remove(site, id, campaign, { signal }, ref) {
    for (const late of await stamped(site, ref, { campaign, signal }))
      if (late.id !== id) await destroyImage(site, late.id, signal);
    const image = await readImage(site.session, id, signal);
    if (image === null) return false;
    if (image['godwit_campaign'] !== campaign || isSnapshot(image)) throw unstamped('image', id, campaign);
    return destroyImage(site, id, signal);
  },
};

/** What Glance answers for an image that a volume is a clone of, as on Ceph. */
export const inUse = 409;

/** Deletes every image that this campaign made for a disk. `tolerate`: statuses that are fine. */
export async function removeImages(
  site: Site,
  ref: Ref,
  context: Pick<BuildContext, 'campaign' | 'signal'>,
  tolerate: readonly number[] = [],
): Promise<void> {
  for (const { id } of await stamped(site, ref, context)) await destroyImage(site, id, context.signal, tolerate);
}

function only(properties: Readonly<Record<string, string>>, isWanted: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => isWanted(name)));
}

/** A disk as the bytes of an image of some format. */
export interface ImageBytes {
  /** `stored`: whatever the format is, nothing is said of what a guest sees. */
  readonly format: 'qcow2' | 'raw' | 'stored';
  /** Bytes that the guest will see. */
  readonly virtualSize: number;
  readonly bytes: BlockSource;
}

/**
 * The format in which a disk is registered: raw only where nobody takes its bytes for another one.
 */
async function formatFor(disk: BlockSource, { diskFormat }: Site): Promise<Site['diskFormat']> {
  return diskFormat === 'raw' && (await imitates(disk)) ? 'qcow2' : diskFormat;
}

/** A disk in a format, or raw if the source cannot report its zeros. */
async function presented(disk: BlockSource, format: string, signal: AbortSignal): Promise<ImageBytes> {
  const qcow2 = format === 'qcow2' ? await asQcow2(disk, signal) : null;
  if (qcow2 === null) return { format: 'raw', virtualSize: disk.size, bytes: disk };
  return { format: 'qcow2', virtualSize: Math.ceil(disk.size / 512) * 512, bytes: qcow2 };
}

/** The images this campaign made for a disk; those that users made of them have its stamp, too. */
async function stamped(
  site: Site,
  ref: Ref,
  { campaign, signal }: Pick<BuildContext, 'campaign' | 'signal'>,
): Promise<ApiImage[]> {
  const stamp = imageStamp(campaign, ref);
  const all = await listAll<ApiImage>(site.session, { service: 'image', path: '/images', key: 'images', query: stamp }, signal);
  return all.filter((image) => carries(image, stamp) && isMadeByUs(image));
}

/** Whether an image is a user's snapshot of a server. */
const isSnapshot = (image: ApiImage): boolean => image['image_type'] === 'snapshot' || image['instance_uuid'] !== undefined;

/** Whether an image holds exactly these bytes, by the digest that Glance tells. */
export async function isWhole(image: ApiImage, source: BlockSource, context: Pick<BuildContext, 'signal'>): Promise<boolean> {
  if (image.status !== 'active' || image.size !== source.size) return false;
  const told = digestOfImage(image);
  if (told === null) return false;
  return (await digestOf(told.algorithm, readAll(source, context))) === told.digest;
}

/**
 * Deletes an image; false where it was gone before, or stays. `tolerate`: statuses that are fine.
 */
export async function destroyImage(
  site: Site,
  id: string,
  signal: AbortSignal,
  tolerate: readonly number[] = [],
): Promise<boolean> {
  const { status } = await site.session.call({
    method: 'DELETE',
    service: 'image',
    path: `/images/${id}`,
    mayBeGone: true,
    tolerate,
    signal,
  });
  return status < 300;
}

/** Image API v2, "Create image": properties stand beside the named fields. */
async function create(
  site: Site,
  resource: ResourceOf<'disk'>,
  { format, virtualSize }: ImageBytes,
  context: BuildContext,
): Promise<ApiImage> {
  const { campaign, signal } = context;
  const ref = refOf('disk', resource.id);
  const body = {
    ...guestProperties(resource.properties),
    ...newImage(campaign, ref),
    ...(await requestFor(site, resource, context)),
    disk_format: format,
    container_format: 'bare',
    visibility: 'private',
    min_disk: Math.max(resource.min_disk, Math.ceil(virtualSize / bytesPerGiB)),
  };
  const call = { method: 'POST', service: 'image', path: '/images', body, signal } as const;
  return createOrFind(
    async () => thingOf<ApiImage>((await site.session.call(call)).body, 'POST /images'),
    async () => (await stamped(site, ref, context)).find(({ status }) => status === 'queued') ?? null,
    signal,
  );
}

/**
 * Image API v2, "Upload binary image data". Sends the length, because some Glances refuse a chunked
 * body. An upload that broke off begins again: `upload` and `stage` of glance/api/v2/image_data.py
 * read the body from its beginning and know no range, and a failed one gives up what it stored.
 */
export async function upload(site: Site, image: ApiImage, file: ImageBytes, context: BuildContext): Promise<void> {
  const { bytes: source } = file;
  const { signal, onBytes } = context;
  let digest = new StreamDigest('sha512');
  const open = async function* (): AsyncGenerator<Buffer> {
    digest.forget();
    digest = new StreamDigest('sha512');
    let sent = 0;
    for await (const bytes of readAll(source, context)) {
      await digest.add(bytes);
      yield bytes;
      sent += bytes.length;
      onBytes?.(sent, source.size);
    }
  };
  const path = `/images/${image.id}/file`;
  const content = { length: source.size, open };
  try {
    await site.session.call({ method: 'PUT', service: 'image', path, content, headersTimeoutMs: storeTimeoutMs, signal });
    await verify(site, image.id, file, { algorithm: 'sha512', digest: await digest.end() }, context);
  } finally {
    digest.forget();
  }
}

async function verify(
  site: Site,
  id: string,
  file: ImageBytes,
  sent: { readonly algorithm: string; readonly digest: string },
  context: BuildContext,
): Promise<void> {
  const image = await until(`Image ${id} becoming active`, { ...context, timeoutMs: storeTimeoutMs }, async () => {
    const now = await readImage(site.session, id, context.signal);
    if (now === null || !['queued', 'saving', 'importing', 'active'].includes(now.status))
      throw new Problem('E_CLOUD', `Image ${id} is ${now?.status ?? 'gone'} after its upload.`, { about: `image/${id}` });
    return now.status === 'active' ? now : undefined;
  });
  const told = digestOfImage(image);
  const same = told?.algorithm === sent.algorithm ? told.digest === sent.digest : await isWhole(image, file.bytes, context);
  // Glance reads a qcow2's header itself; if it reports no size, there is nothing to compare.
  const shown = (file.format === 'qcow2' && image.virtual_size) || file.virtualSize;
  if (image.size !== file.bytes.size || shown !== file.virtualSize || !same)
    throw new Problem(
      'E_IMAGE_MISMATCH',
      `Glance stored image ${id} with ${image.size ?? 'no'} bytes and ${told?.algorithm ?? 'digest'} ${told?.digest ?? 'unknown'}; a guest sees ${shown} bytes; sent were ${file.bytes.size} bytes, a disk of ${file.virtualSize}, with ${sent.algorithm} ${sent.digest}.`,
      { about: `image/${id}` },
    );
}

/**
 * Whether another upload may succeed: after a broken connection, an overload, or a digest that
 * differs.
 */
export function mayPass(error: unknown): boolean {
  return (
    error instanceof Problem && ['E_CLOUD', 'E_CLOUD_UNREACHABLE', 'E_CLOUD_TIMEOUT', 'E_IMAGE_MISMATCH'].includes(error.code)
  );
}

/**
 * Reads a whole source. The caller MUST be done with a buffer before it asks for the third one
 * after it, because buffers are reused: new ones would leave 100 MiB to the garbage collector.
 */
async function* readAll(source: BlockSource, { signal }: Pick<BuildContext, 'signal'>): AsyncGenerator<Buffer> {
  const ring = Array.from({ length: buffers }, () => Buffer.allocUnsafeSlow(Math.min(stride, source.size)));
  for (let offset = 0; offset < source.size; offset += stride) {
    if (signal.aborted) throw cancelled(signal);
    const into = ring[(offset / stride) % buffers];
    yield await source.read(offset, Math.min(stride, source.size - offset), into);
  }
}

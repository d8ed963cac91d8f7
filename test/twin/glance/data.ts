import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Cloud, imagePath, quotaOf } from '../cloud.ts';
import { type Digests, headOf, SparseWriter } from '../disk.ts';
import { asDetail, badRequest, conflict, forbidden, notFound, Refusal } from '../refusal.ts';
import type { Answer, Call } from '../route.ts';
import { imageOf, ownImageOf, touch } from './images.ts';
import type { Image } from './model.ts';

/**
 * PUT /v2/images/{id}/file: takes the bytes as they come; if they stop coming the image is queued
 * again.
 */
export async function upload(call: Call): Promise<Answer> {
  const { cloud } = call;
  const type = String(call.headers['content-type'] ?? '');
  if (!type.startsWith('application/octet-stream'))
    throw new Refusal(415, `The request media type ${type} is not supported by this server.\n`);
  const image = ownImageOf(call, 'modify');
  if (image.status !== 'queued') throw conflict(`Image status transition from ${image.status} to saving is not allowed`);
  if (image.diskFormat === null || image.containerFormat === null) {
    throw badRequest('Properties disk_format, container_format must be set prior to saving data.');
  }
  image.status = 'saving';
  touch(cloud, image);
  const writer = await openImage(cloud, image.id);
  try {
    const room = roomFor(cloud, image.owner);
    for await (const chunk of call.stream) {
      if (writer.size + chunk.length > room)
        throw new Refusal(413, 'Denying attempt to upload image because it exceeds the quota.');
      if (!cloud.state.images.has(image.id))
        throw new Refusal(
          410,
          `Image ${image.id} could not be found after upload. The image may have been deleted during the upload.`,
        );
      await writer.write(chunk);
    }
    const digests = await writer.finish();
    await refuseOtherContent(cloud, image);
    await activate(cloud, image, digests);
  } catch (error) {
    await writer.abandon().catch(() => undefined);
    await restore(cloud, image);
    throw error;
  }
  if (!cloud.state.images.has(image.id)) await rm(imagePath(cloud, image.id), { force: true });
  return { status: 204 };
}

/** Opens the file of an image for writing. */
export async function openImage(cloud: Cloud, imageId: string): Promise<SparseWriter> {
  const path = imagePath(cloud, imageId);
  await mkdir(dirname(path), { recursive: true });
  return await SparseWriter.create(path, cloud.settings.hashing.openssl);
}

/** Bytes that a project may still store. */
export function roomFor(cloud: Cloud, projectId: string): number {
  const limit = quotaOf(cloud, 'image', projectId, 'image_bytes');
  if (limit < 0) return Number.POSITIVE_INFINITY;
  let used = 0;
  for (const image of cloud.state.images.values()) if (image.owner === projectId) used += image.size ?? 0;
  return limit - used;
}

/** Makes an image active with the bytes that its file holds. */
export async function activate(cloud: Cloud, image: Image, digests: Digests): Promise<void> {
  if (cloud.faults.take('image-killed', image.name ?? '') !== undefined) {
    image.status = 'killed';
    touch(cloud, image);
    return;
  }
  image.size = digests.size;
  image.md5 = digests.md5;
  image.sha512 = digests.sha512;
  image.hashing = cloud.settings.hashing.name;
  image.virtualSize = await virtualSizeOf(cloud, image, digests.size);
  image.status = 'active';
  touch(cloud, image);
}

/**
 * The size a guest would see: for qcow2 the big-endian 64-bit word at byte 24 (QEMU,
 * docs/interop/qcow2).
 */
async function virtualSizeOf(cloud: Cloud, image: Image, size: number): Promise<number | null> {
  if (image.diskFormat !== 'qcow2') return image.diskFormat === 'raw' || image.diskFormat === 'iso' ? size : null;
  const head = await headOf(imagePath(cloud, image.id), 32);
  if (head.length < 32 || head.toString('latin1', 0, 4) !== 'QFI\xfb') return null;
  return Number(head.readBigUInt64BE(24));
}

/** What the beginning of some formats is (oslo_utils/imageutils/format_inspector.py). */
const beginnings: Readonly<Record<string, string>> = { 'QFI\xfb': 'qcow2', LUKS: 'luks', KDMV: 'vmdk' };

/** Refuses a raw image whose content is of another format, where the cloud looks at it. */
export async function refuseOtherContent(cloud: Cloud, image: Image): Promise<void> {
  if (!cloud.settings.inspectsImages || image.diskFormat !== 'raw') return;
  const head = await headOf(imagePath(cloud, image.id), 4);
  const found = beginnings[head.toString('latin1')];
  if (found !== undefined) throw new Refusal(415, `Image content is ${found}, which does not match the disk_format raw.`);
}

async function restore(cloud: Cloud, image: Image): Promise<void> {
  await rm(imagePath(cloud, image.id), { force: true });
  if (image.status !== 'saving') return;
  image.status = 'queued';
  touch(cloud, image);
}

/** GET /v2/images/{id}/file: 204 while there is no data; a single range is served with 206. */
export function download(call: Call): Answer {
  const image = imageOf(call);
  if (image.status === 'deactivated' && !call.caller.admin)
    throw forbidden('The requested image has been deactivated. Image data download is forbidden.');
  if (image.status === 'queued' || image.status === 'saving') return { status: 204 };
  if (image.status !== 'active' || image.size === null) throw notFound(`Failed to find image ${image.id} data`);
  const headers = { 'content-md5': image.md5 ?? '' };
  const path = imagePath(call.cloud, image.id);
  const range = call.headers.range;
  if (range === undefined) return { status: 200, headers, file: { path, start: 0, length: image.size } };
  const { start, end } = readRange(range, image.size);
  const contentRange = `bytes ${start}-${end}/${image.size}`;
  return { status: 206, headers: { ...headers, 'content-range': contentRange }, file: { path, start, length: end - start + 1 } };
}

function readRange(range: string, size: number): { start: number; end: number } {
  const parts = /^bytes=(\d*)-(\d*)$/.exec(range);
  const from = parts?.[1] ?? '';
  const to = parts?.[2] ?? '';
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (parts === null || (from === '' && to === '') || start > end) {
    throw new Refusal(
      416,
      `Invalid start position in Range header. Start position MUST be in the inclusive range [0, ${size - 1}].`,
      asDetail,
    );
  }
  return { start, end };
}

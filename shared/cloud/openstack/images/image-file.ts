import { createReadStream } from 'node:fs';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlockSource } from '../../../disk/block-source.ts';
import { digestOf } from '../../../disk/stream-digest.ts';
import { needingRoom } from '../../../disk-full.ts';
import { makeFolder, writeDurably } from '../../../durable.ts';
import { Problem } from '../../../problem.ts';
import type { ApiImage } from '../api.ts';
import type { CloudSession } from '../session/session.ts';
import { downloadImage } from './download.ts';
import { openStored } from './open-stored.ts';
import { readImage } from './snapshots.ts';

/**
 * What is kept beside a downloaded file, so that a later start can see whether it is still what
 * Glance gave.
 */
interface Note {
  readonly image: string;
  readonly format: string;
  readonly bytes: number;
  readonly algorithm: string;
  readonly digest: string;
}

/** Formats whose bytes are the disk itself. */
const rawFormats = new Set(['raw', 'ami', 'iso']);

/**
 * Downloads a Glance image into `folder`, verifies it, even if an earlier call downloaded it, and
 * opens it as the guest sees it, or, `stored`, the bytes that Glance has, whatever their format is.
 * Throws E_IMAGE_MISMATCH, E_CLOUD, E_NOT_FOUND, E_DISK_FULL, and what `openStored` throws.
 */
export async function openImage(
  session: CloudSession,
  imageId: string,
  folder: string,
  signal: AbortSignal,
  onBytes: (bytes: number, total: number) => void = () => undefined,
  stored = false,
): Promise<BlockSource> {
  await makeFolder(folder);
  const note = join(folder, `${imageId}.json`);
  return needingRoom(folder, async () => {
    const left = await intactFormat(folder, note, imageId, signal);
    const isUsable = left !== null && (!stored || left === 'raw');
    const format = isUsable ? left : await fetch(session, imageId, folder, note, signal, onBytes, stored);
    return openStored(fileOf(folder, imageId, format), format, signal);
  });
}

const fileOf = (folder: string, imageId: string, format: string): string => join(folder, `${imageId}.${format}`);

/** Downloads an image; returns its format. */
async function fetch(
  session: CloudSession,
  imageId: string,
  folder: string,
  note: string,
  signal: AbortSignal,
  onBytes: (bytes: number, total: number) => void,
  stored: boolean,
): Promise<string> {
  const about = `image/${imageId}`;
  const image = await readImage(session, imageId, signal);
  if (image === null) throw new Problem('E_NOT_FOUND', `The image ${imageId} is gone.`, { about });
  if (image.status !== 'active') throw new Problem('E_CLOUD', `The image ${imageId} is ${image.status}, not active.`, { about });
  const format = stored ? 'raw' : formatOf(image);
  const path = fileOf(folder, imageId, format);
  await rm(note, { force: true });
  // The bytes are durable when the download returns; their name is with the note that vouches for
  // them, which syncs the folder.
  const digest = await downloadImage(session, image, `${path}.part`, signal, onBytes);
  await rename(`${path}.part`, path);
  const { size: bytes } = await stat(path);
  await writeDurably(note, JSON.stringify({ image: imageId, format, bytes, ...digest } satisfies Note));
  return format;
}

/** The format becomes part of QEMU's command line and a file name, so it must be known. */
function formatOf(image: ApiImage): string {
  const format = image.disk_format ?? 'raw';
  if (rawFormats.has(format)) return 'raw';
  if (['qcow2', 'vmdk', 'vdi', 'vhd', 'vhdx'].includes(format)) return format;
  throw new Problem('E_UNSUPPORTED', `Image ${image.id} has the format ${format}, which cannot be read.`, {
    about: `image/${image.id}`,
  });
}

/**
 * The format of a file that an earlier call left and that is still what was downloaded; null where
 * there is none.
 */
async function intactFormat(folder: string, notePath: string, imageId: string, signal: AbortSignal): Promise<string | null> {
  try {
    const note = JSON.parse(await readFile(notePath, 'utf8')) as Note;
    const path = fileOf(folder, imageId, note.format);
    if (note.image !== imageId || (await stat(path)).size !== note.bytes) return null;
    const bytes = createReadStream(path, { highWaterMark: 1024 * 1024, signal });
    return (await digestOf(note.algorithm, bytes)) === note.digest ? note.format : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
}

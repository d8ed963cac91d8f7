import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openFile } from '../../disk/file.ts';
import { syncFolder, writeDurably } from '../../durable.ts';
import { asProblem, Problem } from '../../problem.ts';
import type { BlockSource, Snapshot } from '../cloud.ts';
import type { ApiImage } from './api.ts';
import { downloadImage } from './download.ts';
import { convertToRaw } from './qemu-img.ts';
import type { Session } from './session.ts';
import { readImage } from './snapshots.ts';

/** What is kept beside a finished raw file, so that a later start can tell whether it is still what was made. */
interface Note {
  readonly image: string;
  readonly bytes: number;
  readonly algorithm: string;
  readonly digest: string;
}

/** Formats whose bytes are the disk itself. */
const rawFormats = new Set(['raw', 'ami', 'iso']);

/**
 * Makes a Glance image readable as the guest sees it: a sparse raw file in `folder`, verified against the image's digest while it is
 * downloaded, converted where the image is stored in another format. A finished file of an earlier call is verified and used again.
 * Throws E_IMAGE_MISMATCH, E_DISK_FULL, E_MISSING_TOOL, E_CLOUD, E_NOT_FOUND.
 */
export async function openImage(
  session: Session,
  snapshot: Snapshot,
  folder: string,
  signal: AbortSignal,
  onBytes: (bytes: number, total: number) => void = () => undefined,
): Promise<BlockSource> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${snapshot.id}.raw`);
  const note = join(folder, `${snapshot.id}.raw.json`);
  try {
    if (!(await isIntact(path, note, snapshot, signal))) await fetch(session, snapshot, { path, note, folder }, signal, onBytes);
  } catch (error) {
    throw withPath(error, folder);
  }
  return openFile(path);
}

interface Places {
  readonly path: string;
  readonly note: string;
  readonly folder: string;
}

async function fetch(
  session: Session,
  snapshot: Snapshot,
  { path, note, folder }: Places,
  signal: AbortSignal,
  onBytes: (bytes: number, total: number) => void,
): Promise<void> {
  const image = await readImage(session, snapshot.id, signal);
  if (image === null) throw new Problem('E_NOT_FOUND', `The snapshot ${snapshot.id} is gone.`, { about: `image/${snapshot.id}` });
  if (image.status !== 'active')
    throw new Problem('E_CLOUD', `The snapshot ${snapshot.id} is ${image.status}, not active.`, {
      about: `image/${snapshot.id}`,
    });
  const format = formatOf(image);
  const part = `${path}.part`;
  const download = rawFormats.has(format) ? part : join(folder, `${snapshot.id}.${format}.part`);
  const digest = await downloadImage(session, image, download, signal, onBytes);
  let kept: Omit<Note, 'image'> = { bytes: image.size ?? 0, ...digest };
  if (download !== part) {
    await convertToRaw(download, format, part, signal);
    await rm(download);
    kept = { bytes: (await stat(part)).size, algorithm: 'sha512', digest: await digestOf(part, 'sha512', signal) };
  }
  await syncFile(part);
  await rename(part, path);
  await syncFolder(folder);
  await writeDurably(note, JSON.stringify({ image: image.id, ...kept } satisfies Note));
}

/** The format goes to qemu-img's command line and into a file name, so only known ones pass. */
function formatOf(image: ApiImage): string {
  const format = image.disk_format ?? 'raw';
  if (rawFormats.has(format)) return 'raw';
  if (['qcow2', 'vmdk', 'vdi', 'vhd', 'vhdx'].includes(format)) return format;
  throw new Problem('E_UNSUPPORTED', `Image ${image.id} has the format ${format}, which cannot be read.`, {
    about: `image/${image.id}`,
  });
}

async function isIntact(path: string, notePath: string, snapshot: Snapshot, signal: AbortSignal): Promise<boolean> {
  try {
    const note = JSON.parse(await readFile(notePath, 'utf8')) as Note;
    if (note.image !== snapshot.id || (await stat(path)).size !== note.bytes) return false;
    return (await digestOf(path, note.algorithm, signal)) === note.digest;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return false;
    throw error;
  }
}

async function digestOf(path: string, algorithm: string, signal: AbortSignal): Promise<string> {
  const hash = createHash(algorithm);
  for await (const bytes of createReadStream(path, { highWaterMark: 1024 * 1024, signal })) hash.update(bytes as Buffer);
  return hash.digest('hex');
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function withPath(error: unknown, folder: string): Problem {
  const problem = asProblem(error);
  if (problem.code !== 'E_DISK_FULL') return problem;
  return new Problem('E_DISK_FULL', `The disk that holds ${folder} is full; the download needs more room.`, {
    about: folder,
    cause: error,
  });
}

import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import type { DestinationCloud, DonorImage } from '../../../shared/cloud/destination-cloud.ts';
import type { BlockSource, Extent } from '../../../shared/disk/block-source.ts';
import { writeAll } from '../../../shared/disk/file.ts';
import { makeFolder, syncFolder } from '../../../shared/durable.ts';
import { pageBytes } from '../../../shared/model/disk.ts';
import { Problem } from '../../../shared/problem.ts';
import type { FreeSpace } from '../store/free-space.ts';

/** How an image is downloaded. */
export interface Fetching {
  /** The longest image, as it is stored and as the guest sees it: bytes. */
  readonly mostBytes: number;
  readonly freeSpace: FreeSpace;
  readonly signal: AbortSignal;
}

/**
 * Downloads an image to `path` as a sparse raw file, once; resumes an aborted download. Throws
 * E_UNSUPPORTED for one that is too long, E_DISK_FULL, and the cloud's problems.
 */
export async function copyImage(cloud: DestinationCloud, donor: DonorImage, path: string, fetching: Fetching): Promise<void> {
  if ((await stat(path).catch(() => null)) !== null) return;
  const { mostBytes, freeSpace, signal } = fetching;
  const folder = `${path}.download`;
  mustNotExceed(donor.size, mostBytes, donor.id);
  await makeFolder(folder);
  try {
    // The stored file and its content: for a moment both may be on the disk.
    await freeSpace.write(2 * donor.size, async () => {
      const source = await cloud.openImage?.(donor.id, folder, signal);
      if (source === undefined) throw new Problem('E_UNSUPPORTED', 'The destination does not open images.');
      try {
        mustNotExceed(source.size, mostBytes, donor.id);
        await asRaw(source, folder, `${path}.part`, fetching);
      } finally {
        await source.close();
      }
    });
    await rename(`${path}.part`, path);
    await syncFolder(dirname(path));
  } finally {
    if (!signal.aborted) await rm(folder, { recursive: true, force: true });
  }
}

/** Makes a raw file of a source: the file itself, where it lies in our folder, or a copy. */
async function asRaw(source: BlockSource, folder: string, path: string, { freeSpace, signal }: Fetching): Promise<void> {
  const { origin, size } = source;
  if (origin?.kind === 'file' && origin.path.startsWith(folder + sep)) return rename(origin.path, path);
  const file = await open(path, 'w', 0o600);
  try {
    await file.truncate(size);
    const page = Buffer.allocUnsafe(pageBytes);
    for await (const { offset, length, zero } of source.extents?.(signal) ?? [allOf(source)]) {
      for (let at = offset; at < offset + length && !zero; at += pageBytes) {
        signal.throwIfAborted();
        const bytes = await source.read(at, Math.min(pageBytes, offset + length - at), page);
        await freeSpace.write(bytes.length, () => writeAll(file, bytes, at));
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

function allOf({ size }: BlockSource): Extent {
  return { offset: 0, length: size, zero: false };
}

function mustNotExceed(bytes: number, mostBytes: number, id: string): void {
  if (bytes > mostBytes)
    throw new Problem('E_UNSUPPORTED', `Image ${id} has ${bytes} bytes, and at most ${mostBytes} are downloaded.`);
}

import { open, readdir, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkerPool } from '../../../shared/disk/worker-pool.ts';
import { makeFolder, syncFolder } from '../../../shared/durable.ts';
import { blockCount, digestBytes, pageBytes } from '../../../shared/model/disk.ts';
import { DigestFile, type Shape } from '../store/digest-file.ts';
import { type FileDonor, openDonor } from './donor.ts';

/**
 * Moves a sealed disk, `base.raw` and its other files, to a folder of kept disks; it is there as a
 * whole or not at all.
 */
export async function keepDisk(base: string, folder: string, name: string): Promise<void> {
  await makeFolder(folder);
  // Its age counts from now.
  await utimes(`${base}.raw`, new Date(), new Date());
  // The disk itself goes last: without it nothing counts as a kept disk.
  for (const ending of ['marks', 'digests', 'raw']) await rename(`${base}.${ending}`, join(folder, `${name}.${ending}`));
  await syncFolder(folder);
}

/**
 * Opens every kept disk of a folder as a donor. One that cannot be opened is left out, because
 * donors only save work.
 */
export async function openKept(folder: string): Promise<FileDonor[]> {
  const donors: FileDonor[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.endsWith('.raw')) continue;
    const base = join(folder, name.slice(0, -'.raw'.length));
    const shape = await DigestFile.shapeOf(base).catch(() => null);
    const donor = shape === null ? null : await openDonor(`${base}.raw`, base, shape).catch(() => null);
    if (donor !== null) donors.push(donor);
  }
  return donors;
}

/**
 * Reads a raw file once and writes its digests to `base.digests`, so that it can be a donor. Throws
 * the signal's reason, E_DISK_FULL, E_DISK_CHANGED.
 */
export async function nameBlocks(
  file: string,
  base: string,
  shape: Shape,
  workers: WorkerPool,
  signal: AbortSignal,
): Promise<void> {
  const { size, blockSize, algorithm } = shape;
  const data = await open(file, 'r');
  const digests = await open(`${base}.digests.part`, 'w', 0o600).catch(async (error: unknown) => {
    await data.close();
    throw error;
  });
  try {
    const step = Math.max(1, pageBytes / blockSize);
    for (let first = 0; first < blockCount(size, blockSize); first += step) {
      signal.throwIfAborted();
      const offset = first * blockSize;
      const length = Math.min(step * blockSize, size - offset);
      const named = await workers.run('digest', { file: { fd: data.fd }, offset, length, blockSize, algorithm }, { turn: data });
      await digests.write(named, 0, named.length, first * digestBytes);
    }
    // Under the name that is believed, they are whole.
    await digests.datasync();
    await rename(`${base}.digests.part`, `${base}.digests`);
  } catch (error) {
    await rm(`${base}.digests.part`, { force: true });
    throw error;
  } finally {
    await Promise.all([data.close(), digests.close()]);
  }
}

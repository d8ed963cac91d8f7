import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { limits } from '../../../protocol/limits.ts';
import type { Copy, CopyTools } from '../../../receiver/disks/copy/copy.ts';
import { Donors } from '../../../receiver/disks/dedup/donors.ts';
import type { Disks } from '../../../receiver/disks/disks.ts';
import { Puller } from '../../../receiver/disks/pull/puller.ts';
import { Window } from '../../../receiver/disks/pull/window.ts';
import { Budget } from '../../../receiver/disks/store/budget.ts';
import { DigestFile } from '../../../receiver/disks/store/digest-file.ts';
import { FreeSpace } from '../../../receiver/disks/store/free-space.ts';
import { blockDigest } from '../../../shared/disk/block-digest.ts';
import { WorkerPool } from '../../../shared/disk/worker-pool.ts';
import { markedIn } from '../../support/marked-in.ts';
import { aDisk, type Offered, offered } from '../../support/offered.ts';

const blockSize = 4096;

/** Versions of one disk as a sender offers them, by their number. */
const pictures = ['abc.defgh.ij', 'aXc.deYgh.ij', 'abc.defgh.', 'abc.defgh.ijkl', '....defghQij'];

/** The number of versions. */
export const versions = pictures.length;

/** The bytes of a version. */
export function versionOf(version: number): Buffer {
  return aDisk(pictures[version] ?? '', blockSize, 1500);
}

/** A version as it is offered; the last one with another algorithm. */
export function offerOf(version: number): Offered {
  return offered(versionOf(version), { algorithm: version === versions - 1 ? 'blake3' : 'sha256' });
}

/** What copies need, with threads of their own. */
export function toolsIn(state: string): CopyTools & { readonly workers: WorkerPool } {
  const workers = new WorkerPool({ size: 1, buffers: 4 });
  return { ...toolsWith(workers, state), workers };
}

/** What copies need, with threads that are there. */
export function toolsWith(workers: WorkerPool, state: string): CopyTools {
  return {
    workers,
    donors: new Donors(workers),
    freeSpace: new FreeSpace(state),
    blockMemory: new Budget(Number.POSITIVE_INFINITY),
    directIo: true,
    log: pino({ level: 'silent' }),
  };
}

/** How a copy pulls what is offered. */
export function pullerOf(copy: Copy, offer: Offered): Puller {
  return new Puller(copy.file.target, offer.asker, new Window(limits.pullBytes), copy, new AbortController().signal);
}

/** Makes some blocks of a copy equal to what is offered. */
export async function take(copy: Copy, offer: Offered, first = 0, count = copy.file.blocks.length): Promise<void> {
  await copy.take(first, offer.digests.subarray(first * 32, (first + count) * 32), pullerOf(copy, offer));
}

/** Makes a disk equal to what is offered, and seals it. */
export async function fillAndSeal(disks: Disks, offer: Offered, disk = 'd'): Promise<void> {
  const copy = await disks.offer('s', disk, offer.shape);
  await take(copy, offer);
  await disks.seal('s', disk, offer.root, pullerOf(copy, offer));
}

/** The bytes of a sealed disk. */
export async function bytesOf(disks: Disks, disk = 'd'): Promise<Buffer> {
  const source = await disks.open('s', disk);
  try {
    return Buffer.from(await source.read(0, source.size));
  } finally {
    await source.close();
  }
}

/** Marked blocks below a folder whose file holds other bytes than the digest names. */
export async function falseMarks(folder: string): Promise<string[]> {
  const flaws: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    if (!/\.(part|raw)$/.test(name)) continue;
    const base = join(folder, name.replace(/\.(part|raw)$/, ''));
    const shape = await DigestFile.shapeOf(base);
    const bytes = await readFile(join(folder, name));
    // Without bytes the other files are not believed.
    if (shape === null || bytes.length === 0) continue;
    const file = await DigestFile.open(base, shape);
    for (const block of markedIn(file)) {
      const is = blockDigest(
        shape.algorithm,
        bytes.subarray(block * shape.blockSize, Math.min(shape.size, (block + 1) * shape.blockSize)),
      );
      if (!is.equals(await file.read(block, 1)))
        flaws.push(`block ${block} of ${name} is marked and holds other bytes than its digest names`);
    }
    await file.close();
  }
  return flaws;
}

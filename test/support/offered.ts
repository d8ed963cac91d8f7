import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { limits } from '../../protocol/limits.ts';
import type { Stretches } from '../../protocol/messages/field.ts';
import type { PackedPieces } from '../../protocol/messages/packed.ts';
import { Copy, type CopyTools } from '../../receiver/disks/copy/copy.ts';
import { Donors } from '../../receiver/disks/dedup/donors.ts';
import { type Asker, Puller } from '../../receiver/disks/pull/puller.ts';
import { Window } from '../../receiver/disks/pull/window.ts';
import { Budget } from '../../receiver/disks/store/budget.ts';
import type { Shape } from '../../receiver/disks/store/digest-file.ts';
import { FreeSpace } from '../../receiver/disks/store/free-space.ts';
import { blockDigest, digestOf } from '../../shared/disk/block-digest.ts';
import { WorkerPool } from '../../shared/disk/worker-pool.ts';
import { type Algorithm, blockCount, pieceBytes, Root } from '../../shared/model/disk.ts';
import { aFolder } from './folder.ts';

/**
 * What copies below `folder` need, for one test: a pool of one thread, which ends with the test.
 */
export function someTools(indexBytes?: number, folder = tmpdir()): CopyTools {
  const workers = new WorkerPool({ size: 1, buffers: 4 });
  onTestFinished(() => workers.close());
  return {
    workers,
    donors: new Donors(workers, indexBytes),
    freeSpace: new FreeSpace(folder),
    blockMemory: new Budget(Number.POSITIVE_INFINITY),
    directIo: true,
    log: pino({ level: 'silent' }),
  };
}

/**
 * A disk from a picture: `a` to `z` are blocks of that letter, `.` is zeros; the last may be short.
 */
export function aDisk(picture: string, blockSize: number, lastLength = blockSize): Buffer {
  const blocks = picture.split('').map((letter) => Buffer.alloc(blockSize, letter === '.' ? 0 : letter));
  return Buffer.concat(blocks).subarray(0, Math.max(0, (picture.length - 1) * blockSize + lastLength));
}

/** A disk of random bytes, all of which differ. */
export function aNoise(bytes: number): Buffer {
  return randomBytes(bytes);
}

/** Flips one bit in the payload's byte `at`, counted from the end where it is negative. */
export function flipped(packed: PackedPieces, at: number): PackedPieces {
  const payload = Buffer.from(packed.payload);
  const byte = at < 0 ? payload.length + at : at;
  payload.writeUInt8(payload.readUInt8(byte) ^ 1, byte);
  return { ...packed, payload };
}

/** A disk as a sender offers it, and what it was asked for. */
export interface Offered {
  readonly shape: Shape;
  readonly digests: Buffer;
  readonly root: string;
  /** Pieces that were pulled, in order. */
  readonly pulled: number[];
  /** Blocks whose pieces were asked for. */
  readonly refined: number[];
  /** The pulls, as they were asked. */
  readonly pulls: Stretches[];
  /** What the answer of each might refer back to. */
  readonly afters: (Stretches[number] | undefined)[];
  readonly asker: Asker;
}

/**
 * Offers a disk. `tamper` may alter an answer; it gets the pull's number and the bytes it may refer
 * to.
 */
export function offered(
  disk: Buffer,
  {
    blockSize = 4096,
    algorithm = 'sha256' as Algorithm,
    tamper = (packed: PackedPieces, _pull: number, _after?: Buffer): PackedPieces => packed,
  } = {},
): Offered {
  const count = blockCount(disk.length, blockSize);
  const blocks = Array.from({ length: count }, (_, block) => disk.subarray(block * blockSize, (block + 1) * blockSize));
  const digests = Buffer.concat(blocks.map((block) => blockDigest(algorithm, block)));
  const root = new Root(disk.length, blockSize, algorithm);
  root.add(digests);
  const pulled: number[] = [];
  const refined: number[] = [];
  const pulls: Stretches[] = [];
  const afters: Offered['afters'] = [];
  const each = (stretches: Stretches): number[] =>
    stretches.flatMap(([first, many]) => Array.from({ length: many }, (_, index) => first + index));
  const piece = (index: number): Buffer => disk.subarray(index * pieceBytes, (index + 1) * pieceBytes);
  const asker: Asker = {
    pull: async (stretches, after) => {
      const payload = Buffer.concat(each(stretches).map(piece));
      if (payload.length > limits.frameBytes) throw new Error(`A pull of ${payload.length} bytes.`);
      pulled.push(...each(stretches));
      pulls.push(stretches);
      afters.push(after);
      const before = after === undefined ? undefined : Buffer.concat(each([after]).map(piece));
      const sent = tamper({ codec: 'none', rawBytes: payload.length, payload }, pulls.length, before);
      return { ...sent, payload: [sent.payload] };
    },
    refine: async (stretches) => {
      refined.push(...each(stretches));
      const pieces = each(stretches).flatMap((block) => {
        const bytes = blocks[block] ?? Buffer.alloc(0);
        return Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) =>
          digestOf(algorithm, bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes)).subarray(0, 8),
        );
      });
      return Buffer.concat(pieces);
    },
  };
  return {
    shape: { size: disk.length, blockSize, algorithm },
    digests,
    root: root.value(),
    pulled,
    refined,
    pulls,
    afters,
    asker,
  };
}

/** How a copy pulls what is offered, until `signal` aborts. */
export function pullerOf(copy: Copy, offer: Offered, signal: AbortSignal = new AbortController().signal): Puller {
  return new Puller(copy.file.target, offer.asker, new Window(limits.pullBytes), copy, signal);
}

/**
 * A copy in a new folder, or in the one given. It is closed with the test, unless that closes it.
 */
export async function aCopy(offer: Offered, tools: CopyTools, folder?: string): Promise<{ copy: Copy; path: string }> {
  const base = join(folder ?? (await aFolder()), 'disk');
  const copy = await Copy.open(`${base}.part`, base, offer.shape, tools);
  await copy.donate();
  return { copy, path: `${base}.part` };
}

/** Makes a copy equal to what is offered, page by page, and reads it again. */
export async function fill(copy: Copy, offer: Offered, pageBlocks = 64, signal?: AbortSignal): Promise<void> {
  const puller = pullerOf(copy, offer, signal);
  const pages: Promise<number>[] = [];
  for (let first = 0; first < copy.file.blocks.length; first += pageBlocks)
    pages.push(copy.take(first, offer.digests.subarray(first * 32, (first + pageBlocks) * 32), puller));
  const ends = await Promise.allSettled(pages);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  await copy.verify(puller);
}

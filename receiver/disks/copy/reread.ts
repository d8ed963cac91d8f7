import { setImmediate } from 'node:timers/promises';
import { inParallel } from '../../../shared/concurrency/parallel.ts';
import { giveBack } from '../../../shared/disk/give-back.ts';
import { digestBytes, extentOf, isZero, pageBytes } from '../../../shared/model/disk.ts';
import { digestsAt, isZeroAt, partsOf } from '../store/digests.ts';
import type { CopyFile } from './copy-file.ts';
import { HoleMap } from './hole-map.ts';

type IsHole = (offset: number, length: number) => boolean;

/** Blocks that are checked together: where all of them are a hole, none is read. */
const stretchBlocks = 32 * 1024;

/** Stretches that need no look after which other work has its turn. */
const pauseStretches = 16;

/**
 * Reads back every block that was not read since it was written; returns those that differ from the
 * digest file. Throws the signal's reason.
 */
export async function reread(file: CopyFile, width: number, signal: AbortSignal): Promise<number[]> {
  const { blocks, shape } = file;
  const holes = new HoleMap(file.path, shape.size, signal);
  const bad: number[] = [];
  try {
    for (let first = 0, steps = 1; first < blocks.length; first += stretchBlocks, steps += 1) {
      signal.throwIfAborted();
      const count = Math.min(stretchBlocks, blocks.length - first);
      if (steps % pauseStretches === 0) await setImmediate();
      if (isVerified(file, first, count)) continue;
      const from = first * shape.blockSize;
      const to = Math.min(shape.size, from + count * shape.blockSize);
      const isHole = await holes.within(from, to);
      const isWhole = isHole(from, to - from);
      if (isWhole && file.isBlank(first, count)) {
        blocks.verify(first, count);
        continue;
      }
      const digests = await file.digests(first, count);
      if (isWhole && isZero(digests)) blocks.verify(first, count);
      else for (const block of await rereadStretch(file, { first, digests, isHole, width, signal })) bad.push(block);
      giveBack(digests);
    }
  } finally {
    await holes.close();
  }
  return bad;
}

/** Whether all of a stretch was read since it was written. */
function isVerified({ blocks }: CopyFile, first: number, count: number): boolean {
  for (const alike of blocks.alike(first, count)) if (!alike.isVerified) return false;
  return true;
}

interface RereadBatch {
  readonly first: number;
  readonly digests: Buffer;
  readonly isHole: IsHole;
  readonly width: number;
  readonly signal: AbortSignal;
}

async function rereadStretch(file: CopyFile, { first, digests, isHole, width, signal }: RereadBatch): Promise<number[]> {
  const { blocks, shape } = file;
  const bad: number[] = [];
  const unread: number[] = [];
  for (let place = 0; place * digestBytes < digests.length; place += 1) {
    if (blocks.isVerified(first + place)) continue;
    const { offset, length } = extentOf(first + place, shape.size, shape.blockSize);
    if (isZeroAt(digests, place) && isHole(offset, length)) blocks.verify(first + place);
    else unread.push(place);
  }
  await inParallel(partsOf(unread, Math.max(1, pageBytes / shape.blockSize)), width, async (places) => {
    signal.throwIfAborted();
    const here = places.map((place) => first + place);
    const wrong = new Set(await file.check(here, digestsAt(digests, places)));
    for (const [index, block] of here.entries()) {
      if (wrong.has(index)) bad.push(block);
      else blocks.verify(block);
    }
  });
  return bad.sort((a, b) => a - b);
}

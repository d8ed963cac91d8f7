import { inParallel } from '../../../shared/concurrency/parallel.ts';
import type { Extent } from '../../../shared/disk/block-source.ts';
import { giveBack } from '../../../shared/disk/give-back.ts';
import { holesOf } from '../../../shared/disk/holes.ts';
import { digestBytes, extentOf, isZero, pageBytes } from '../../../shared/model/disk.ts';
import { digestsAt, isZeroAt, partsOf } from '../store/digests.ts';
import type { CopyFile } from './copy-file.ts';

/**
 * Whether a stretch of a file is a hole, which reads as zeros and holds no data that could change.
 */
type IsHole = (offset: number, length: number) => boolean;

/** Blocks that are checked together: where all of them are a hole, none is read. */
const stretchBlocks = 32 * 1024;

/**
 * Reads back every block that was not read since it was written; returns those that differ from the
 * digest file. Throws the signal's reason.
 */
export async function reread(file: CopyFile, width: number, signal: AbortSignal): Promise<number[]> {
  const { blocks, shape } = file;
  const isHole = await knowHoles(file, signal);
  const bad: number[] = [];
  for (let first = 0; first < blocks.length; first += stretchBlocks) {
    signal.throwIfAborted();
    const count = Math.min(stretchBlocks, blocks.length - first);
    const digests = await file.digests(first, count);
    const isThere = isHole(first * shape.blockSize, count * shape.blockSize) && isZero(digests);
    if (isThere) blocks.verify(first, count);
    else bad.push(...(await rereadStretch(file, { first, digests, isHole, width, signal })));
    giveBack(digests);
  }
  return bad;
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

/** The holes of a copy; none where the file system does not report them, so that all is read. */
async function knowHoles({ path, shape }: CopyFile, signal: AbortSignal): Promise<IsHole> {
  const data: Extent[] = [];
  try {
    for await (const extent of holesOf(path, shape.size, signal)) if (!extent.zero) data.push(extent);
  } catch {
    return () => false;
  }
  return (offset, length) => {
    let low = 0;
    let high = data.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const extent = data[middle] as Extent;
      if (extent.offset + extent.length <= offset) low = middle + 1;
      else high = middle;
    }
    const next = data[low];
    return next === undefined || next.offset >= offset + length;
  };
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { inParallel } from '../../../shared/concurrency/parallel.ts';
import { giveBack } from '../../../shared/disk/give-back.ts';
import { digestBytes, extentOf, isZero, pageBytes } from '../../../shared/model/disk.ts';
import { digestsAt, isZeroAt, partsOf } from '../store/digests.ts';
import type { CopyFile } from './copy-file.ts';

const run = promisify(execFile);

/**
 * Says whether a stretch of a file is a hole, which reads as zeros and keeps nothing that could
 * change.
 */
type IsHole = (offset: number, length: number) => boolean;

/** Blocks that are looked at together: where all of them are a hole, none is read. */
const stretchBlocks = 32 * 1024;

/**
 * Reads back every block that was not read since it was written, and returns those that are not
 * what the digest file says. Throws the signal's reason.
 */
export async function reread(file: CopyFile, width: number, signal: AbortSignal): Promise<number[]> {
  const { blocks, shape } = file;
  const isHole = await holesOf(file.path);
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

interface Stretch {
  readonly first: number;
  readonly digests: Buffer;
  readonly isHole: IsHole;
  readonly width: number;
  readonly signal: AbortSignal;
}

async function rereadStretch(file: CopyFile, { first, digests, isHole, width, signal }: Stretch): Promise<number[]> {
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

/**
 * The holes of a file, by qemu-img(1), which asks lseek(2) with SEEK_DATA; where that fails, none
 * are known and everything is read.
 */
async function holesOf(path: string): Promise<IsHole> {
  try {
    const { stdout } = await run('qemu-img', ['map', '-U', '-f', 'raw', '--output=json', path], { maxBuffer: 64 * 1024 * 1024 });
    const extents = JSON.parse(stdout) as { start: number; length: number; data: boolean }[];
    const data = extents.filter((extent) => extent.data);
    return (offset, length) => {
      let low = 0;
      let high = data.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        const { start, length: long } = data[middle] as (typeof data)[number];
        if (start + long <= offset) low = middle + 1;
        else high = middle;
      }
      const next = data[low];
      return next === undefined || next.start >= offset + length;
    };
  } catch {
    return () => false;
  }
}

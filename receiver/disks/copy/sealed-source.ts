import { setImmediate } from 'node:timers/promises';
import type { BlockSource } from '../../../shared/disk/block-source.ts';
import { blockCount, digestBytes, pageBytes } from '../../../shared/model/disk.ts';
import { asProblem, Problem } from '../../../shared/problem.ts';
import { isSameAt, isZeroAt } from '../store/digests.ts';
import type { CopyFile } from './copy-file.ts';
import { type PinnedDigests, stretchBlocks } from './pinned-digests.ts';

/** Stretches of zeros after which other work has its turn. */
const pauseStretches = 1024;

const never = new AbortController().signal;

/** The digests of a sealed disk, and the callback for wrong blocks. */
export interface SealGuard {
  /** The digests that its root covers. */
  readonly digests: PinnedDigests;
  /** Hears of changed blocks, or of none where the list of digests has changed; throws. */
  readonly onWrong: (blocks: readonly number[]) => Promise<never>;
  readonly onClose: () => void;
}

/**
 * A sealed disk whose blocks are checked while it is read, so that the result matches its root.
 * Zeros are not read from the file. Closing it leaves the copy open.
 */
export function sealedSource(file: CopyFile, guard: SealGuard): BlockSource {
  let isOpen = true;
  const shut = (): void => {
    if (isOpen) guard.onClose();
    isOpen = false;
  };
  const onWrong = (blocks: readonly number[]): Promise<never> => {
    // Its image is not being made any more.
    shut();
    return guard.onWrong(blocks);
  };
  const digestsOf = async (first: number, count: number): Promise<Buffer> =>
    (await guard.digests.read(first, count)) ?? (await onWrong([]));
  const { size, blockSize } = file.shape;
  const step = Math.max(blockSize, pageBytes - (pageBytes % blockSize));
  const part = async (offset: number, into: Buffer): Promise<void> => {
    const first = Math.floor(offset / blockSize);
    const from = first * blockSize;
    const to = Math.min(size, Math.ceil((offset + into.length) / blockSize) * blockSize);
    const digests = await digestsOf(first, blockCount(to - from, blockSize));
    // Its descriptor may be that of another file by then.
    if (file.isClosing) throw new Problem('E_CANCELLED', 'The copy of the disk was closed while it was read.');
    if (isAllZeros(digests)) into.fill(0);
    else await file.inUse.run(() => proven(file, { first, from, to, digests }, offset, into, onWrong));
  };
  return {
    size,
    async read(offset, length, into = Buffer.allocUnsafe(length)) {
      const buffer = into.subarray(0, length);
      for (let at = offset; at < offset + length; ) {
        const end = Math.min(offset + length, (Math.floor(at / step) + 1) * step);
        await part(at, buffer.subarray(at - offset, end - offset));
        at = end;
      }
      return buffer;
    },
    extents: (signal) => extentsOf(file, guard.digests, digestsOf, signal),
    close: async () => shut(),
  };
}

interface GuardedRange {
  readonly first: number;
  readonly from: number;
  readonly to: number;
  readonly digests: Buffer;
}

async function proven(
  file: CopyFile,
  { first, from, to, digests }: GuardedRange,
  offset: number,
  into: Buffer,
  onWrong: (blocks: readonly number[]) => Promise<never>,
): Promise<void> {
  const { blockSize, algorithm } = file.shape;
  const { workers } = file;
  const buffer = await workers.buffer(file, never);
  try {
    const task = { file: file.file, buffer: buffer.memory, offset: from, length: to - from, blockSize, algorithm };
    const found = await workers.run('digest', task, { turn: file }).catch((error: unknown) => {
      if (asProblem(error).code === 'E_DISK_CHANGED') return new Uint8Array(digests.length);
      throw error;
    });
    const wrong: number[] = [];
    for (let place = 0; place * digestBytes < digests.length; place += 1)
      if (!isSameAt(found, place, digests)) wrong.push(first + place);
    if (wrong.length > 0) await onWrong(wrong);
    Buffer.from(buffer.memory, offset - from, into.length).copy(into);
  } finally {
    buffer.release();
  }
}

/** The data and holes of a sealed disk, from its digests, in order. */
async function* extentsOf(
  file: CopyFile,
  pinned: PinnedDigests,
  digestsOf: (first: number, count: number) => Promise<Buffer>,
  signal: AbortSignal,
): AsyncGenerator<{ readonly offset: number; readonly length: number; readonly zero: boolean }> {
  const { size, blockSize } = file.shape;
  let offset = 0;
  let zero = false;
  for (let first = 0; first < file.blocks.length; first += stretchBlocks) {
    signal.throwIfAborted();
    const count = Math.min(stretchBlocks, file.blocks.length - first);
    const isHole = pinned.isZeros(first, count);
    if ((first / stretchBlocks) % pauseStretches === 0) await setImmediate();
    if (isHole && zero) continue;
    const digests = isHole ? null : await digestsOf(first, count);
    for (let place = 0; place < count; place += 1) {
      const at = (first + place) * blockSize;
      const now = digests === null || isZeroAt(digests, place);
      if (at > 0 && now !== zero) {
        yield { offset, length: at - offset, zero };
        offset = at;
      }
      zero = now;
    }
  }
  if (size > 0) yield { offset, length: size - offset, zero };
}

function isAllZeros(digests: Buffer): boolean {
  for (let place = 0; place * digestBytes < digests.length; place += 1) if (!isZeroAt(digests, place)) return false;
  return true;
}

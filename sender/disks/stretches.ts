import type { BlockSource, Extent } from '../../shared/disk/block-source.ts';
import { blockCount, pageBlocks } from '../../shared/model/disk.ts';
import { Problem } from '../../shared/problem.ts';

/**
 * Blocks one after the other: `zero`, known to be zeros without being read, or to be read, and then
 * within one page.
 */
export interface Stretch {
  readonly first: number;
  readonly blocks: number;
  readonly zero: boolean;
}

/**
 * Cuts a disk into pages to read and stretches of zeros, in order and without a gap. A page is read
 * from its first block with data to its last: a gap costs less than a message.
 */
export async function* stretchesOf(source: BlockSource, blockSize: number, signal: AbortSignal): AsyncGenerator<Stretch> {
  const end = blockCount(source.size, blockSize);
  let done = 0;
  let data = { from: 0, to: 0 };
  const flush = function* (): Generator<Stretch> {
    if (data.from > done) yield { first: done, blocks: data.from - done, zero: true };
    yield* pagesOf(data.from, data.to);
    done = data.to;
  };
  for await (const { offset, length } of dataOf(source, signal)) {
    const from = Math.floor(offset / blockSize);
    const to = Math.ceil((offset + length) / blockSize);
    const joins = data.to > data.from && pageOf(from) <= pageOf(data.to - 1);
    if (!joins) {
      yield* flush();
      data = { from: Math.max(from, done), to: from };
    }
    data = { from: data.from, to: Math.max(data.to, to) };
  }
  yield* flush();
  if (end > done) yield { first: done, blocks: end - done, zero: true };
}

/** Bytes of a disk that are not known to be zeros. */
export async function dataBytes(source: BlockSource, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  for await (const { length } of dataOf(source, signal)) bytes += length;
  return bytes;
}

/** The page a block lies in. */
export function pageOf(block: number): number {
  return Math.floor(block / pageBlocks);
}

function* pagesOf(from: number, to: number): Generator<Stretch> {
  for (let first = from; first < to; ) {
    const next = Math.min(to, (pageOf(first) + 1) * pageBlocks);
    yield { first, blocks: next - first, zero: false };
    first = next;
  }
}

/** What must be read. Throws E_BUG where the extents have a gap: what lies in it would be lost. */
async function* dataOf(source: BlockSource, signal: AbortSignal): AsyncGenerator<Extent> {
  if (source.extents === undefined) {
    if (source.size > 0) yield { offset: 0, length: source.size, zero: false };
    return;
  }
  let reached = 0;
  for await (const extent of source.extents(signal)) {
    if (extent.offset !== reached)
      throw new Problem('E_BUG', `The extents of a disk go from byte ${reached} to ${extent.offset}.`);
    reached += extent.length;
    if (!extent.zero) yield extent;
  }
  if (reached < source.size) throw new Problem('E_BUG', `The extents of a disk end at byte ${reached} of ${source.size}.`);
}

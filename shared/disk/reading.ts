import { readSync, writeSync } from 'node:fs';
import { Problem } from '../problem.ts';
import { alignedMemory, directUnit } from './direct.ts';

/**
 * Bytes of a disk: in a file that this process has open, in a buffer whose first byte is the disk's
 * byte `base`, or in hand.
 */
type ByteHolder =
  | OpenFile
  | { readonly buffer: SharedArrayBuffer; readonly base: number }
  | { readonly bytes: Uint8Array; readonly base: number };

/** A stretch of a disk: offset and length in bytes. */
export type ByteRange = readonly [offset: number, length: number];

/** Stretches of a disk and where their bytes are. */
export interface DiskPart {
  readonly from: ByteHolder;
  readonly ranges: readonly ByteRange[];
}

/** A file that this process has open. */
export interface OpenFile {
  readonly fd: number;
  /** The same, open a second time, past the page cache. */
  readonly direct?: number | undefined;
  /** Whether what the page cache has is read from there all the same. */
  readonly mayBeCached?: boolean;
}

/**
 * What the page cache has is there sooner than any disk answers: milliseconds for `directUnit`
 * bytes. Where this is wrong, the other way costs little.
 */
const cachedMs = 0.03;

let kept = Buffer.alloc(0);

/**
 * Memory of this thread for one job, of `length` bytes from the beginning of a page of the machine;
 * the next job of the thread writes over it.
 */
export function scratch(length: number): Buffer {
  if (kept.length < length) kept = Buffer.from(alignedMemory(length));
  return kept.subarray(0, length);
}

/** Fills `into` from a file. Throws E_DISK_CHANGED where the file ends before. */
export function readFully(file: OpenFile, into: Uint8Array, offset: number): void {
  const done = readUpTo(file, into, offset);
  if (done < into.length)
    throw new Problem('E_DISK_CHANGED', `A disk ends at byte ${offset + done}; ${offset + into.length} were expected.`);
}

/** Fills `into` from a file; what lies behind its end reads as zeros. */
export function readPadded(file: OpenFile, into: Uint8Array, offset: number): void {
  into.fill(0, readUpTo(file, into, offset));
}

function readUpTo({ fd, direct, mayBeCached = false }: OpenFile, into: Uint8Array, offset: number): number {
  let done = direct !== undefined && mayBeCached && isCached(fd, into, offset) ? 0 : pastCache(direct, into, offset, readSync);
  while (done < into.length) {
    const read = readSync(fd, into, done, into.length - done, offset + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}

/**
 * Whether a file's bytes are in memory already, as the first of them show. Linux tells nobody who
 * cannot map the file; see mincore(2).
 */
function isCached(fd: number, into: Uint8Array, offset: number): boolean {
  const began = performance.now();
  readSync(fd, into, 0, Math.min(directUnit, into.length), offset);
  return performance.now() - began < cachedMs;
}

/** Writes all of `bytes`. */
export function writeFully({ fd, direct }: OpenFile, bytes: Uint8Array, offset: number): void {
  for (let done = pastCache(direct, bytes, offset, writeSync); done < bytes.length; )
    done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
}

/** readSync and writeSync alike. */
type FileCall = (fd: number, bytes: Uint8Array, from: number, length: number, offset: number) => number;

/**
 * Reads or writes what can go past the page cache, and returns how many bytes went; the rest goes
 * the usual way.
 */
function pastCache(direct: number | undefined, bytes: Uint8Array, offset: number, call: FileCall): number {
  const length = bytes.length - (bytes.length % directUnit);
  if (direct === undefined || length === 0 || offset % directUnit !== 0) return 0;
  try {
    return call(direct, bytes, 0, length, offset);
  } catch (error) {
    // This memory does not begin where the device wants it to.
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return 0;
    throw error;
  }
}

/**
 * Parts one after the other as one stretch of memory: a view where they lie so already, else
 * gathered in this thread's scratch.
 */
export function gather(parts: readonly DiskPart[]): Buffer {
  const held = heldStretch(parts);
  if (held !== null) return held;
  const into = scratch(parts.reduce((sum, { ranges }) => sum + lengthOf(ranges), 0));
  let at = 0;
  for (const { from, ranges } of parts) {
    for (const range of ranges) {
      const place = into.subarray(at, at + range[1]);
      if ('fd' in from) readFully(from, place, range[0]);
      else place.set(viewOf(from, range));
      at += range[1];
    }
  }
  return into;
}

/** A view of parts that lie one after the other in one memory; null for others. */
export function heldStretch(parts: readonly DiskPart[]): Buffer | null {
  const [only] = parts;
  const start = only?.ranges[0]?.[0];
  if (only === undefined || start === undefined || parts.length > 1 || 'fd' in only.from || !isOneStretch(only.ranges))
    return null;
  return viewOf(only.from, [start, lengthOf(only.ranges)]);
}

/** Bytes in all ranges. */
function lengthOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, [, length]) => sum + length, 0);
}

function isOneStretch(ranges: readonly ByteRange[]): boolean {
  return ranges.every(([offset], index) => {
    const before = ranges[index - 1];
    return before === undefined || before[0] + before[1] === offset;
  });
}

function viewOf(held: Exclude<ByteHolder, OpenFile>, [offset, length]: ByteRange): Buffer {
  const all =
    'buffer' in held ? Buffer.from(held.buffer) : Buffer.from(held.bytes.buffer, held.bytes.byteOffset, held.bytes.length);
  const at = offset - held.base;
  if (at < 0 || at + length > all.length)
    throw new Problem('E_BUG', `Memory that begins at byte ${held.base} does not hold ${length} bytes at ${offset}.`);
  return all.subarray(at, at + length);
}

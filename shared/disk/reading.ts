import { readSync, writeSync } from 'node:fs';
import { Problem } from '../problem.ts';

/** Bytes of a disk: in a file that this process has open, or in a slot whose first byte is the disk's byte `base`. */
export type Bytes = { readonly fd: number } | { readonly slot: SharedArrayBuffer; readonly base: number };

/** A stretch of a disk: offset and length in bytes. */
export type Range = readonly [offset: number, length: number];

let kept = Buffer.alloc(0);

/** Memory of this thread for one job, of at least `length` bytes; the next job of the thread writes over it. */
export function scratch(length: number): Buffer {
  if (kept.length < length) kept = Buffer.allocUnsafeSlow(length);
  return kept.subarray(0, length);
}

/** Fills `into` from a file. Throws E_DISK_CHANGED where the file ends before. */
export function readFully(fd: number, into: Uint8Array, offset: number): void {
  const done = readUpTo(fd, into, offset);
  if (done < into.length)
    throw new Problem('E_DISK_CHANGED', `A disk ends at byte ${offset + done}; ${offset + into.length} were expected.`);
}

/** Fills `into` from a file; what lies behind its end reads as zeros. */
export function readPadded(fd: number, into: Uint8Array, offset: number): void {
  into.fill(0, readUpTo(fd, into, offset));
}

function readUpTo(fd: number, into: Uint8Array, offset: number): number {
  let done = 0;
  while (done < into.length) {
    const read = readSync(fd, into, done, into.length - done, offset + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}

/** Writes all of `bytes`. */
export function writeFully(fd: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
}

/** Ranges one after the other as one stretch of memory: a view where they lie so already, else gathered in this thread's scratch. */
export function gather(from: Bytes, ranges: readonly Range[]): Buffer {
  const total = ranges.reduce((sum, [, length]) => sum + length, 0);
  const [first] = ranges;
  if ('slot' in from && first !== undefined && isOneStretch(ranges)) return viewOf(from, [first[0], total]);
  const into = scratch(total);
  let at = 0;
  for (const range of ranges) {
    const part = into.subarray(at, at + range[1]);
    if ('slot' in from) part.set(viewOf(from, range));
    else readFully(from.fd, part, range[0]);
    at += range[1];
  }
  return into;
}

function isOneStretch(ranges: readonly Range[]): boolean {
  return ranges.every(([offset], index) => {
    const before = ranges[index - 1];
    return before === undefined || before[0] + before[1] === offset;
  });
}

function viewOf({ slot, base }: { slot: SharedArrayBuffer; base: number }, [offset, length]: Range): Buffer {
  if (offset < base || offset - base + length > slot.byteLength)
    throw new Problem('E_BUG', `A slot that begins at byte ${base} does not hold ${length} bytes at ${offset}.`);
  return Buffer.from(slot, offset - base, length);
}

import { type Algorithm, digestBytes, pageBytes } from '../../model/disk.ts';
import { Problem } from '../../problem.ts';
import { blockDigest } from '../block-digest.ts';
import { alignedMemory } from '../direct.ts';
import { giveBack } from '../give-back.ts';
import { type ByteRange, type OpenFile, readFully, readPadded, scratch } from '../reading.ts';
import { Run } from '../run.ts';
import { type Codec, canComeAfter, decompress } from '../zstd.ts';

/** A part of a block: bytes `at` of the payload's raw bytes, or of the file `fd`. */
export interface BlockPart {
  readonly at: number;
  readonly length: number;
  readonly fd?: number;
}

/** A block that is to be written: where, and what it is made of, in order. */
interface BlockToMake {
  readonly offset: number;
  readonly parts: readonly BlockPart[];
}

/**
 * What is unpacked: a payload, the blocks it completes, their digests (32 bytes each, in order),
 * and the file they belong in.
 */
export interface UnpackJob {
  /** The parts it came in, in order. */
  readonly payload: readonly Uint8Array[];
  readonly codec: Codec;
  /** The stretch of the file that the payload refers back to, where its codec does so. */
  readonly after?: ByteRange | undefined;
  /** How many raw bytes were asked for. */
  readonly rawBytes: number;
  readonly blocks: readonly BlockToMake[];
  readonly digests: Uint8Array;
  readonly algorithm: Algorithm;
  readonly file: OpenFile;
}

/**
 * Decompresses a payload, checks every block and writes those that have their digest; returns the
 * places in `blocks` of the others. Throws E_MALFORMED, E_DISK_FULL.
 */
export function unpack({ payload, codec, after, rawBytes, blocks, digests, algorithm, file }: UnpackJob): number[] {
  const before = codec === 'zstd-after' ? bytesBefore(file, after) : undefined;
  const raw = codec === 'none' ? payload : [decompress(joined(payload), rawBytes, before)];
  if (before !== undefined) giveBack(before);
  mustBe(rawBytes, raw);
  const run = new Run(file);
  const isRight = (block: Buffer, place: number): boolean =>
    blockDigest(algorithm, block).equals(digests.subarray(place * digestBytes, (place + 1) * digestBytes));
  const make = ({ offset, parts, places, blockLength }: BlockBatch): number[] => {
    const memory = run.next(offset, lengthOf(parts));
    assemble(memory, { raw, parts, file, offset });
    const bad = places.filter((place, index) => !isRight(memory.subarray(index * blockLength, (index + 1) * blockLength), place));
    if (bad.length === 0) run.keep(memory.length);
    if (bad.length === 0 || places.length === 1) return bad;
    // Of those that lie together some are right.
    return places.flatMap((place) => make(stretchOf(blocks[place] as BlockToMake, place)));
  };
  const bad = stretchesOf(blocks).flatMap(make);
  run.write();
  // This thread alone has either: what is in a message is a copy, or was moved.
  for (const bytes of [...raw, ...payload]) giveBack(bytes);
  return bad;
}

/**
 * Blocks of one length that are made together: where the first belongs, and their places among
 * those wanted.
 */
interface BlockBatch extends BlockToMake {
  readonly places: readonly number[];
  readonly blockLength: number;
}

function stretchOf({ offset, parts }: BlockToMake, place: number): BlockBatch {
  return { offset, parts, places: [place], blockLength: lengthOf(parts) };
}

/**
 * Joins blocks that lie together here and in one other file, as far as a page: they are read at
 * once.
 */
function stretchesOf(blocks: readonly BlockToMake[]): BlockBatch[] {
  const stretches: BlockBatch[] = [];
  for (const [place, block] of blocks.entries()) {
    const own = stretchOf(block, place);
    const last = stretches.at(-1);
    const longer = last === undefined ? undefined : together(last, own);
    if (longer === undefined) stretches.push(own);
    else stretches[stretches.length - 1] = longer;
  }
  return stretches;
}

function together(one: BlockBatch, next: BlockBatch): BlockBatch | undefined {
  const [part, ...others] = one.parts;
  const [after, ...more] = next.parts;
  if (part === undefined || after === undefined || others.length + more.length > 0) return undefined;
  const length = part.length + after.length;
  const isNext = one.offset + part.length === next.offset && part.at + part.length === after.at;
  const fits = one.blockLength === next.blockLength && length <= pageBytes;
  if (part.fd === undefined || part.fd !== after.fd || !isNext || !fits) return undefined;
  return { ...one, parts: [{ ...part, length }], places: [...one.places, ...next.places] };
}

function lengthOf(parts: readonly { readonly length: number }[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

/**
 * What a payload refers back to. Throws E_MALFORMED where nothing was named, or what nothing can
 * refer back to.
 */
function bytesBefore(file: OpenFile, after: ByteRange | undefined): Buffer {
  if (after === undefined) throw new Problem('E_MALFORMED', 'A frame refers back to bytes that were not named to its sender.');
  const [offset, length] = after;
  const bytes = Buffer.from(alignedMemory(length));
  readFully(file, bytes, offset);
  if (!canComeAfter(bytes)) throw new Problem('E_MALFORMED', 'A frame refers back to what zstd would take for a dictionary.');
  return bytes;
}

/** What a block is made of, and where it belongs. */
interface Recipe extends BlockToMake {
  readonly raw: readonly Uint8Array[];
  readonly file: OpenFile;
}

function assemble(block: Buffer, { raw, parts, file, offset }: Recipe): void {
  let end = 0;
  const laid = parts.map(({ at, length, fd }) => {
    const to = end;
    end += length;
    return { at, fd, place: block.subarray(to, end), stays: fd === file.fd && at === offset + to };
  });
  // What a block keeps of itself is read with the rest of it, at once, and through the page cache:
  // it was read a moment ago, to name its pieces.
  if (laid.some(({ stays }) => stays)) readPadded({ fd: file.fd }, block, offset);
  for (const { at, fd, place, stays } of laid) {
    if (stays) continue;
    if (fd === undefined) take(raw, at, place);
    else readPadded({ fd }, place, at);
  }
}

/** Fills `into` from byte `at` of parts that lie one behind the other. */
function take(parts: readonly Uint8Array[], at: number, into: Buffer): void {
  let skip = at;
  let done = 0;
  for (const part of parts) {
    if (skip < part.length) {
      const some = part.subarray(skip, skip + into.length - done);
      into.set(some, done);
      done += some.length;
      if (done === into.length) return;
    }
    skip = Math.max(0, skip - part.length);
  }
}

/** Parts as one stretch of memory, which may be this thread's scratch. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const all = scratch(lengthOf(parts));
  take(parts, 0, all);
  return all;
}

function mustBe(rawBytes: number, raw: readonly Uint8Array[]): void {
  const length = lengthOf(raw);
  if (length !== rawBytes) throw new Problem('E_MALFORMED', `A frame says ${rawBytes} raw bytes and has ${length}.`);
}

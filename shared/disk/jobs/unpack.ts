import { type Algorithm, digestBytes } from '../../model/disk.ts';
import { blockDigest } from '../algorithm.ts';
import { giveBack } from '../give-back.ts';
import { readPadded, scratch, writeFully } from '../reading.ts';
import { type Codec, decompress } from '../zstd.ts';

/** A part of a block: bytes `at` of the payload's raw bytes, or of the file `fd`. */
export interface Part {
  readonly at: number;
  readonly length: number;
  readonly fd?: number;
}

/** A block that is to be written: where, and what it is made of, in order. */
interface Wanted {
  readonly offset: number;
  readonly parts: readonly Part[];
}

/** What is unpacked: a payload, the blocks it completes, their digests (32 bytes each, in order), and the file they belong in. */
export interface UnpackJob {
  readonly payload: Uint8Array;
  readonly codec: Codec;
  /** How many raw bytes were asked for. */
  readonly rawBytes: number;
  readonly blocks: readonly Wanted[];
  readonly digests: Uint8Array;
  readonly algorithm: Algorithm;
  readonly fd: number;
}

/** Decompresses a payload, checks every block and writes those that have their digest; returns the places in `blocks` of the others. Throws E_MALFORMED, E_DISK_FULL. */
export function unpack({ payload, codec, rawBytes, blocks, digests, algorithm, fd }: UnpackJob): number[] {
  const raw = decompress(payload, codec, rawBytes);
  const run = new Run(fd);
  const bad: number[] = [];
  for (const [place, { offset, parts }] of blocks.entries()) {
    const block = assemble(raw, parts);
    const digest = digests.subarray(place * digestBytes, (place + 1) * digestBytes);
    if (!blockDigest(algorithm, block).equals(digest)) bad.push(place);
    else if (parts.length === 1 && parts[0]?.fd === undefined) run.add(block, offset);
    else writeFully(fd, block, offset);
  }
  run.write();
  // This thread alone has either: what is in a message is a copy, or was handed over.
  for (const bytes of codec === 'none' ? [payload] : [raw, payload]) giveBack(bytes);
  return bad;
}

function assemble(raw: Buffer, parts: readonly Part[]): Buffer {
  const [only] = parts;
  if (only !== undefined && parts.length === 1 && only.fd === undefined) return raw.subarray(only.at, only.at + only.length);
  const block = scratch(parts.reduce((sum, { length }) => sum + length, 0));
  let to = 0;
  for (const { at, length, fd } of parts) {
    const part = block.subarray(to, to + length);
    if (fd === undefined) part.set(raw.subarray(at, at + length));
    else readPadded(fd, part, at);
    to += length;
  }
  return block;
}

/** Blocks that lie one after the other both in memory and on the disk, written at once. */
class Run {
  readonly #fd: number;
  #bytes: Buffer | null = null;
  #offset = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  add(block: Buffer, offset: number): void {
    const before = this.#bytes;
    if (before !== null && this.#offset + before.length === offset && before.byteOffset + before.length === block.byteOffset)
      this.#bytes = Buffer.from(before.buffer, before.byteOffset, before.length + block.length);
    else {
      this.write();
      [this.#bytes, this.#offset] = [block, offset];
    }
  }

  write(): void {
    if (this.#bytes !== null) writeFully(this.#fd, this.#bytes, this.#offset);
    this.#bytes = null;
  }
}

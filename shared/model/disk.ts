import { createHash, type Hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

/**
 * Bytes of a block, the identity of what a disk holds. Small enough that clones share most of their
 * blocks, large enough that digests are 0.05 % of a disk; measured in protocol/SPEC.md.
 */
export const blockBytes = 64 * 1024;

/**
 * Bytes of a piece, a sector of every file system: inside an unknown block the receiver looks for
 * pieces it knows.
 */
export const pieceBytes = 4 * 1024;

/** Blocks of a page: what is read, held in memory and packed at once. */
export const pageBlocks = 64;

/** Bytes of a page of the usual block, and the most raw bytes of one data frame. */
export const pageBytes = pageBlocks * blockBytes;

/** Bytes of a digest. */
export const digestBytes = 32;

/** Bytes of a piece's digest: it only says where to look, the block's own digest decides. */
export const pieceDigestBytes = 8;

/** How blocks are named. A block of zeros has the digest of 32 zero bytes under either. */
export type Algorithm = 'blake3' | 'sha256';

/** How many blocks a disk has; the last may be short. */
export function blockCount(size: number, block = blockBytes): number {
  return Math.ceil(size / block);
}

/** Where a block lies. */
export function extentOf(index: number, size: number, block = blockBytes): { offset: number; length: number } {
  const offset = index * block;
  return { offset, length: Math.min(block, size - offset) };
}

const zeros = Buffer.alloc(1024 * 1024);

/** Whether bytes are all zeros. */
export function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += zeros.length) {
    const part = bytes.subarray(at, at + zeros.length);
    if (zeros.compare(part, 0, part.length, 0, part.length) !== 0) return false;
  }
  return true;
}

/** MiB of zeros that a root takes before other work has its turn: some milliseconds. */
const pauseSteps = 2;

/**
 * A disk's root: SHA-256 over its size, its block size, the algorithm and every block's digest in
 * order.
 */
export class Root {
  readonly #hash: Hash = createHash('sha256');
  /** MiB of zeros taken so far: many short stretches need pauses, too. */
  #steps = 0;

  constructor(size: number, block: number, algorithm: Algorithm) {
    this.#hash.update(`godwit-disk ${size} ${block} ${algorithm}\n`);
  }

  /** Adds the digests of the next blocks, 32 bytes each. */
  add(digests: Uint8Array): void {
    this.#hash.update(digests);
  }

  /**
   * Adds blocks of zeros, with pauses: those of a large disk take seconds. Nothing else MUST be
   * added meanwhile.
   */
  async addZeros(blocks: number): Promise<void> {
    for (let left = blocks * digestBytes; left > 0; left -= zeros.length) {
      this.#hash.update(zeros.subarray(0, Math.min(left, zeros.length)));
      this.#steps += 1;
      if (this.#steps % pauseSteps === 0) await setImmediate();
    }
  }

  /** The root, lower-case hex; afterwards nothing can be added. */
  value(): string {
    return this.#hash.digest('hex');
  }
}

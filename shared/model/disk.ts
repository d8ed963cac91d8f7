import { createHash, type Hash, webcrypto } from 'node:crypto';

/** Bytes of a block. One MiB keeps a frame's overhead and a cut's loss small; see the table in protocol/SPEC.md. */
export const blockBytes = 1024 * 1024;

const zeros = Buffer.alloc(blockBytes);

/** How many blocks a disk has; the last may be short. */
export function blockCount(size: number, block = blockBytes): number {
  return Math.ceil(size / block);
}

/** Where a block lies. */
export function extentOf(index: number, size: number, block = blockBytes): { offset: number; length: number } {
  const offset = index * block;
  return { offset, length: Math.min(block, size - offset) };
}

/** Whether a block is all zeros; such a block is never sent and stays a hole. */
export function isZero(bytes: Buffer): boolean {
  return bytes.length <= zeros.length ? bytes.equals(zeros.subarray(0, bytes.length)) : bytes.every((byte) => byte === 0);
}

/** SHA-256 of a block, lower-case hex. Runs on Node's thread pool, so that the event loop stays free. */
export async function digestOf(bytes: Buffer): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)).toString('hex');
}

/** A disk's root: SHA-256 over its size, its block size and every block's digest in order, a block of zeros counting as 32 zero bytes. */
export class Root {
  readonly #hash: Hash = createHash('sha256');

  constructor(size: number, block = blockBytes) {
    this.#hash.update(`godwit-disk ${size} ${block}\n`);
  }

  /** Adds the next block's digest (hex), or null for a block of zeros. */
  add(digest: string | null): void {
    this.#hash.update(digest === null ? zeros.subarray(0, 32) : Buffer.from(digest, 'hex'));
  }

  /** The root, lower-case hex; afterwards nothing can be added. */
  value(): string {
    return this.#hash.digest('hex');
  }
}

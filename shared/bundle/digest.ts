import { createHash } from 'node:crypto';
import { blake3 } from '@napi-rs/blake-hash';
import type { BundleAlgorithm } from './format.ts';
import { bundleBlockBytes } from './format.ts';

/** Bytes of a digest. */
export const digestBytes = 32;

/** The digest of a block's bytes. */
export function digestOfBlock(bytes: Uint8Array, algorithm: BundleAlgorithm): Buffer {
  return algorithm === 'blake3' ? blake3(bytes) : createHash('sha256').update(bytes).digest();
}

const zeros = Buffer.alloc(bundleBlockBytes);

/** Whether a block is all zeros. */
export function isBlank(bytes: Uint8Array): boolean {
  return zeros.compare(bytes, 0, bytes.length, 0, bytes.length) === 0;
}

const zeroDigests = Buffer.alloc(1024 * digestBytes);

/** The root of a disk, built from its digests in order. */
export class DiskRoot {
  readonly #hash = createHash('sha256');

  constructor(size: number, algorithm: BundleAlgorithm) {
    this.#hash.update(`godwit-disk ${size} ${bundleBlockBytes} ${algorithm}\n`);
  }

  /** Adds the next block; null for one of zeros. */
  add(digest: Uint8Array | null): void {
    this.#hash.update(digest ?? zeroDigests.subarray(0, digestBytes));
  }

  /** Adds that many blocks of zeros. */
  addZeros(blocks: number): void {
    for (let left = blocks; left > 0; left -= 1024)
      this.#hash.update(zeroDigests.subarray(0, Math.min(left, 1024) * digestBytes));
  }

  /** The root as hex; nothing can be added afterwards. */
  value(): string {
    return this.#hash.digest('hex');
  }
}

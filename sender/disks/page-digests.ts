import { hash } from 'node:crypto';
import { blockCount, digestBytes, pageBlocks } from '../../shared/model/disk.ts';
import { pageOf } from './stretches.ts';

const digestOfPageBytes = 16;

/**
 * A digest of every page that was sent, 16 bytes each, to verify what is read once more. 8
 * MiB for a disk of 2 TiB.
 */
export class PageDigests {
  readonly #digests: Buffer;
  readonly #blocks: number;

  constructor(size: number) {
    this.#blocks = blockCount(size);
    this.#digests = Buffer.alloc(Math.ceil(this.#blocks / pageBlocks) * digestOfPageBytes);
  }

  /**
   * Keeps the digests that were sent of the blocks from `first`; those of the same page that are
   * not named are zeros.
   */
  keep(first: number, digests: Uint8Array): void {
    this.#digestOf(first, digests).copy(this.#digests, pageOf(first) * digestOfPageBytes);
  }

  /** Whether the blocks of a page were named. */
  has(page: number): boolean {
    return this.#digests.subarray(page * digestOfPageBytes, (page + 1) * digestOfPageBytes).some((byte) => byte !== 0);
  }

  /** Whether blocks still have the digests that were sent. */
  agrees(first: number, digests: Uint8Array): boolean {
    const page = pageOf(first);
    return this.#digestOf(first, digests).equals(
      this.#digests.subarray(page * digestOfPageBytes, (page + 1) * digestOfPageBytes),
    );
  }

  #digestOf(first: number, digests: Uint8Array): Buffer {
    const start = pageOf(first) * pageBlocks;
    const whole = Buffer.alloc(Math.min(pageBlocks, this.#blocks - start) * digestBytes);
    whole.set(digests, (first - start) * digestBytes);
    return hash('sha256', whole, 'buffer').subarray(0, digestOfPageBytes);
  }
}

import { hash } from 'node:crypto';
import { giveBack } from '../../../shared/disk/give-back.ts';
import { digestBytes, Root } from '../../../shared/model/disk.ts';
import type { CopyFile } from './copy-file.ts';

/** Digests that are checked together: 64 KiB of them. */
export const stretchBlocks = 2048;

/** Digests that are read at once when they are pinned; whole stretches. */
const readBlocks = 16 * stretchBlocks;

/** Bytes of a SHA-256, by which a stretch of digests is checked. */
const checkBytes = 32;

/**
 * The digests of a copy as they were when its root was computed; later reads are checked, whatever
 * happened to the file.
 */
export class PinnedDigests {
  readonly root: string;
  readonly #file: CopyFile;
  /** The SHA-256 of each stretch, in order. */
  readonly #checks: Buffer;
  /** The stretch that was read last: a disk is mostly read in order. */
  #last: { readonly stretch: number; readonly digests: Buffer } | null = null;

  private constructor(file: CopyFile, root: string, checks: Buffer) {
    this.#file = file;
    this.root = root;
    this.#checks = checks;
  }

  static async of(file: CopyFile): Promise<PinnedDigests> {
    const { size, blockSize, algorithm } = file.shape;
    const root = new Root(size, blockSize, algorithm);
    const checks = Buffer.alloc(Math.ceil(file.blocks.length / stretchBlocks) * checkBytes);
    for (let first = 0; first < file.blocks.length; first += readBlocks) {
      const count = Math.min(readBlocks, file.blocks.length - first);
      if (file.isBlank(first, count)) {
        await root.addZeros(count);
        for (let place = 0; place < count; place += stretchBlocks)
          checkOfZeros(Math.min(stretchBlocks, count - place)).copy(checks, ((first + place) / stretchBlocks) * checkBytes);
        continue;
      }
      const digests = await file.digests(first, count);
      root.add(digests);
      for (let place = 0; place * digestBytes < digests.length; place += stretchBlocks) {
        const some = digests.subarray(place * digestBytes, (place + stretchBlocks) * digestBytes);
        hash('sha256', some, 'buffer').copy(checks, ((first + place) / stretchBlocks) * checkBytes);
      }
      giveBack(digests);
    }
    return new PinnedDigests(file, root.value(), checks);
  }

  /** Whether all blocks of the stretch that begins with this one are zeros; nothing is read. */
  isZeros(first: number, count: number): boolean {
    const stretch = first / stretchBlocks;
    return this.#checks.subarray(stretch * checkBytes, (stretch + 1) * checkBytes).equals(checkOfZeros(count));
  }

  /** The digests of some blocks, in order; null where the file has changed. */
  async read(first: number, count: number): Promise<Buffer | null> {
    const parts: Buffer[] = [];
    for (let block = first; block < first + count; ) {
      const stretch = Math.floor(block / stretchBlocks);
      const digests = await this.#stretch(stretch);
      if (digests === null) return null;
      const from = block - stretch * stretchBlocks;
      const to = Math.min(stretchBlocks, first + count - stretch * stretchBlocks);
      parts.push(digests.subarray(from * digestBytes, to * digestBytes));
      block += to - from;
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  async #stretch(stretch: number): Promise<Buffer | null> {
    if (this.#last?.stretch === stretch) return this.#last.digests;
    const first = stretch * stretchBlocks;
    const digests = await this.#file.digests(first, Math.min(stretchBlocks, this.#file.blocks.length - first));
    const check = this.#checks.subarray(stretch * checkBytes, (stretch + 1) * checkBytes);
    if (!hash('sha256', digests, 'buffer').equals(check)) return null;
    this.#last = { stretch, digests };
    return digests;
  }
}

const wholeOfZeros = hash('sha256', Buffer.alloc(stretchBlocks * digestBytes), 'buffer');

/** The check of so many digests of zeros. */
function checkOfZeros(count: number): Buffer {
  return count === stretchBlocks ? wholeOfZeros : hash('sha256', Buffer.alloc(count * digestBytes), 'buffer');
}

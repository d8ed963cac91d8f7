import { setImmediate } from 'node:timers/promises';
import { digestBytes } from '../../../shared/model/disk.ts';
import type { Donors } from '../dedup/donors.ts';
import { isZeroAt, runsOf } from '../store/digests.ts';
import type { BlockOrigin } from './blocks.ts';
import type { CopyFile } from './copy-file.ts';
import type { Flushes } from './flushes.ts';

/** Blocks of a hole that are handled before other work has its turn. */
const holeBlocks = 1024 * 1024;

/**
 * Records which blocks of a copy match their digests: in the digest file, in memory, for the next
 * flush and for other disks.
 */
export class BlockRecorder {
  readonly #file: CopyFile;
  readonly #flushes: Flushes;
  readonly #donors: Donors;

  constructor(file: CopyFile, flushes: Flushes, donors: Donors) {
    this.#file = file;
    this.#flushes = flushes;
    this.#donors = donors;
  }

  /** A block was found that matches its digest. */
  found(block: number, how: BlockOrigin): void {
    if (this.#file.blocks.how(block) === undefined) this.#file.blocks.settle(block, how);
  }

  /** Blocks at these places of a page, in rising order, match their digests in the file. */
  async record(first: number, digests: Uint8Array, places: readonly number[], how: BlockOrigin): Promise<void> {
    for (const [from, to] of runsOf(places)) {
      const some = digests.subarray(from * digestBytes, to * digestBytes);
      await this.#file.writeDigests(first + from, some);
      for (let place = from; place < to; place += 1) this.#file.blocks.settle(first + place, how);
      this.#flushes.note(first + from, to - from, how);
      this.#donors.learn(this.#file, first + from, some);
    }
  }

  /** Makes blocks zeros; their marks MUST be taken back already. */
  async makeZeros(blocks: readonly number[]): Promise<void> {
    if (blocks.length === 0) return;
    await this.#file.punch(blocks);
    for (const [from, to] of runsOf(blocks)) {
      await this.#file.writeDigests(from, Buffer.alloc((to - from) * digestBytes));
      for (let block = from; block < to; block += 1) this.#file.blocks.settle(block, 'zero');
      this.#flushes.note(from, to - from, 'zero');
    }
  }

  /** Makes a stretch of blocks zeros, with pauses: a disk may have millions of them. */
  async makeHole(first: number, count: number): Promise<void> {
    for (let from = first; from < first + count; from += holeBlocks) {
      await this.#makeStretch(from, Math.min(holeBlocks, first + count - from));
      await setImmediate();
    }
  }

  async #makeStretch(first: number, count: number): Promise<void> {
    const { blocks } = this.#file;
    const written: number[] = [];
    for (let block = first; block < first + count; block += 1) if (!blocks.isBlank(block)) written.push(block);
    if (written.length === 0) {
      blocks.settleBlank(first, count);
      this.#flushes.note(first, count, 'zero');
      return;
    }
    for (let block = first; block < first + count; block += 1) if (blocks.isBlank(block)) this.found(block, 'zero');
    const digests = await this.#file.digests(first, count);
    const isThere = (block: number): boolean => blocks.isKnown(block) && isZeroAt(digests, block - first);
    for (const block of written.filter(isThere)) this.found(block, 'zero');
    const others = written.filter((block) => !isThere(block));
    await this.#file.distrust(others);
    await this.makeZeros(others);
  }
}

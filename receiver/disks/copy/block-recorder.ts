import { setImmediate } from 'node:timers/promises';
import { digestBytes, isZero } from '../../../shared/model/disk.ts';
import type { Donors } from '../dedup/donors.ts';
import { chunkPlaces } from '../store/byte-map.ts';
import { isZeroAt, runsOf } from '../store/digests.ts';
import type { BlockOrigin } from './blocks.ts';
import type { CopyFile } from './copy-file.ts';
import type { Flushes } from './flushes.ts';

/** Blocks of a hole that are handled together: a few milliseconds where they were written. */
const holeBlocks = chunkPlaces;

/** Stretches of a hole after which other work has its turn. */
const pauseStretches = 16;

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
    for (let from = first, stretches = 1; from < first + count; stretches += 1) {
      const to = Math.min(first + count, (Math.floor(from / holeBlocks) + 1) * holeBlocks);
      await this.#makeStretch(from, to - from);
      // A stretch that was never written takes no time.
      if (stretches % pauseStretches === 0) await setImmediate();
      from = to;
    }
  }

  async #makeStretch(first: number, count: number): Promise<void> {
    const { blocks } = this.#file;
    const stretches = [...blocks.alike(first, count)];
    if (stretches.every(({ isBlank }) => isBlank)) {
      blocks.settleBlank(first, count);
      this.#flushes.note(first, count, 'zero');
      return;
    }
    const digests = await this.#file.digests(first, count);
    if (isZero(digests) && stretches.every(({ isBlank, isKnown }) => isBlank || isKnown)) {
      blocks.findZeros(first, count);
      return;
    }
    const others: number[] = [];
    for (const { from, to, isBlank, isKnown } of stretches) {
      for (let block = from; block < to; block += 1) {
        if (isBlank || (isKnown && isZeroAt(digests, block - first))) this.found(block, 'zero');
        else others.push(block);
      }
    }
    await this.#file.distrust(others);
    await this.makeZeros(others);
  }
}

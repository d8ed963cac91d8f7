import type { WorkerPool } from '../../../shared/disk/worker-pool.ts';
import type { Log } from '../../../shared/log.ts';
import { digestBytes, extentOf } from '../../../shared/model/disk.ts';
import { Problem } from '../../../shared/problem.ts';
import type { Donors, LastMatch } from '../dedup/donors.ts';
import type { Puller, Tally } from '../pull/puller.ts';
import { Refinement } from '../pull/refinement.ts';
import type { Budget } from '../store/budget.ts';
import type { Shape } from '../store/digest-file.ts';
import { isZeroAt } from '../store/digests.ts';
import type { FreeSpace } from '../store/free-space.ts';
import { InUse } from '../store/in-use.ts';
import { BlockRecorder } from './block-recorder.ts';
import type { HowMany } from './blocks.ts';
import { CopyFile, type CopyHandles, openHandles } from './copy-file.ts';
import { Flushes } from './flushes.ts';
import { CopyPage, type PageTools } from './page.ts';
import { reread } from './reread.ts';

/** How a copy was made: counts of blocks, and bytes pulled, raw and as frames. */
export interface CopyCounts extends HowMany {
  readonly blocks: number;
  readonly mended: number;
  readonly bytes_pulled: number;
  readonly bytes_wire: number;
}

/** What a copy needs. */
export interface CopyTools {
  readonly workers: WorkerPool;
  readonly donors: Donors;
  readonly freeSpace: FreeSpace;
  /** For the states of blocks; shared by all copies. */
  readonly blockMemory: Budget;
  /** Whether the file is written and read past the page cache, where possible. */
  readonly directIo: boolean;
  readonly log: Log;
}

/** How often blocks that our disk lost are pulled again before the seal gives up. */
const mendAttempts = 2;

/**
 * The receiver's copy of one disk: a sparse file that is made equal to the sender's manifest.
 * Blocks without a digest are read, so a resumed copy is no special case.
 */
export class Copy implements Tally {
  readonly file: CopyFile;
  readonly flushes: Flushes;
  readonly recorder: BlockRecorder;
  readonly lastMatch: LastMatch = { donor: null, shift: 0 };
  readonly #tools: CopyTools;
  readonly #refinement: Refinement;
  /** Pages and holes under way. */
  readonly #changes = new InUse();
  /** Whether it is being sealed. */
  #sealing = false;
  /** Ends soon once this copy is no donor any more. */
  #learning: Promise<void> = Promise.resolve();
  #mended = 0;
  #pulledBytes = 0;
  #wireBytes = 0;

  private constructor(file: CopyFile, handles: CopyHandles, tools: CopyTools) {
    this.file = file;
    this.#tools = tools;
    this.flushes = new Flushes(file, handles);
    this.recorder = new BlockRecorder(file, this.flushes, tools.donors);
    this.#refinement = new Refinement(file.target, file.shape, tools.donors.pieces);
  }

  /**
   * Opens the copy at `path`, with its digests under `base`, and keeps what an earlier copy left.
   * Throws E_DISK_FULL.
   */
  static async open(path: string, base: string, shape: Shape, tools: CopyTools): Promise<Copy> {
    const { handles, isFresh } = await openHandles(path, base, shape, tools.directIo);
    const file = await CopyFile.of(path, shape, handles, { isFresh, workers: tools.workers, memory: tools.blockMemory });
    return new Copy(file, handles, tools);
  }

  get path(): string {
    return this.file.path;
  }

  get shape(): Shape {
    return this.file.shape;
  }

  landed(rawBytes: number, wireBytes: number): void {
    this.#pulledBytes += rawBytes;
    this.#wireBytes += wireBytes;
  }

  wrong(block: number): void {
    this.#mended += 1;
    const says = 'a block came out with other bytes than its digest names; it is pulled again';
    this.#tools.log.warn({ path: this.path, block }, says);
  }

  spoilt(path: string, block: number): void {
    this.#mended += 1;
    this.#tools.log.warn({ path, block }, 'a donor has changed; the block is pulled instead');
  }

  /** Begins a new offer of the same disk: no block is named yet. */
  begin(): void {
    this.file.blocks.begin(true);
    this.flushes.begin();
    this.#mended = 0;
    this.#pulledBytes = 0;
    this.#wireBytes = 0;
  }

  /** Throws E_DISK_FULL where `dataBytes`, less what the file holds already, do not fit. */
  async mustFit(dataBytes: number): Promise<void> {
    const needed = dataBytes - (await this.file.storedBytes());
    if (needed > 0) await this.#tools.freeSpace.mustHave(needed + this.file.blocks.length * digestBytes);
  }

  /**
   * Makes the blocks of one manifest page match; returns how many were pulled, at least in part.
   */
  async take(first: number, digests: Uint8Array, puller: Puller): Promise<number> {
    this.#mustLieInside(first, digests.length / digestBytes);
    return this.#change(async () => {
      this.flushes.throwIfFailed();
      const pulled = await new CopyPage(this.#pageTools, first, digests, puller).fill();
      this.flushes.soon();
      return pulled;
    });
  }

  /** Makes a stretch of blocks zeros. */
  async hole(first: number, count: number): Promise<void> {
    this.#mustLieInside(first, count);
    return this.#change(async () => {
      this.flushes.throwIfFailed();
      await this.recorder.makeHole(first, count);
      this.flushes.soon();
    });
  }

  /**
   * Runs the seal: work under way ends first, and new work is refused until the seal ends, or for
   * good where it succeeds.
   */
  async sealing<T>(work: () => Promise<T>): Promise<T> {
    this.#sealing = true;
    try {
      await this.#changes.ended();
      return await work();
    } finally {
      this.#sealing = false;
    }
  }

  /**
   * Reads back what was written since it was last read, and pulls what our disk lost. Throws
   * E_ROOT_MISMATCH where a block was never named, or is lost again and again.
   */
  verify(puller: Puller): Promise<void> {
    return this.file.inUse.run(async () => {
      await this.flushes.stopReading();
      const unnamed = this.file.blocks.unnamed();
      if (unnamed !== undefined) throw this.#mismatch(`The sender sealed the disk before it named block ${unnamed}.`);
      for (let attempt = 0; ; attempt += 1) {
        await this.flushes.now();
        const bad = await reread(this.file, this.#tools.workers.size * 2, puller.signal);
        if (bad.length === 0) return;
        if (attempt === mendAttempts) {
          const says = `${bad.length} blocks of ${this.path} do not keep what is written to them, first block ${bad[0]}.`;
          throw this.#mismatch(says);
        }
        for (const block of bad) await this.#mend(block, puller);
      }
    });
  }

  /**
   * Makes this copy a donor, with the blocks it has and those that are still to come; resolves when
   * those it has are learned, which takes minutes for a large disk. Never rejects.
   */
  donate(): Promise<void> {
    const { donors, log } = this.#tools;
    if (this.file.blocks.isEmpty) {
      donors.add(this.file);
      return this.#learning;
    }
    this.#learning = donors.addAll(this.file).catch((error: unknown) => {
      donors.remove(this.file);
      log.warn({ err: error, path: this.path }, 'a disk is no donor for others: its digests cannot be read');
    });
    return this.#learning;
  }

  /** Blocks that arrived wrong and were pulled again. */
  get mended(): number {
    return this.#mended;
  }

  counts(): CopyCounts {
    return {
      blocks: this.file.blocks.length,
      ...this.file.blocks.counts(),
      mended: this.#mended,
      bytes_pulled: this.#pulledBytes,
      bytes_wire: this.#wireBytes,
    };
  }

  /** Ends what is under way, saves what can be saved, and closes the files. */
  async close(): Promise<void> {
    this.file.isClosing = true;
    await Promise.all([this.file.inUse.ended(), this.#learning]);
    // The last page may have begun a flush, after which the file is read.
    await this.flushes.stopReading();
    try {
      await this.flushes.now();
    } catch (error) {
      // What cannot be flushed now is read again next time.
      this.#tools.log.warn({ err: error, path: this.path }, 'a copy could not be flushed');
    }
    await this.file.close();
  }

  get #pageTools(): PageTools {
    const { donors, freeSpace } = this.#tools;
    return {
      file: this.file,
      recorder: this.recorder,
      refinement: this.#refinement,
      donors,
      freeSpace,
      lastMatch: this.lastMatch,
    };
  }

  #mustLieInside(first: number, count: number): void {
    const { length } = this.file.blocks;
    if (first + count <= length) return;
    throw new Problem('E_MALFORMED', `A page names block ${first + count - 1} of a disk of ${length} blocks.`);
  }

  /** Runs a change of the copy. Throws E_CAMPAIGN_STATE where it is sealed, or being sealed. */
  async #change<T>(work: () => Promise<T>): Promise<T> {
    if (this.#sealing || this.file.whole)
      throw new Problem(
        'E_CAMPAIGN_STATE',
        'The disk is sealed, or is being sealed; it changes no more until it is offered again.',
        {
          about: this.path,
        },
      );
    return this.#changes.run(() => this.file.inUse.run(work));
  }

  #mismatch(says: string): Problem {
    return new Problem('E_ROOT_MISMATCH', says, { about: this.path });
  }

  /** Pulls again a block that our disk lost. */
  async #mend(block: number, puller: Puller): Promise<void> {
    const { size, blockSize } = this.shape;
    const how = this.file.blocks.how(block) ?? 'reused';
    const digest = await this.file.digests(block, 1);
    this.wrong(block);
    await this.file.distrust([block]);
    if (isZeroAt(digest, 0)) return this.recorder.makeZeros([block]);
    await Promise.all(puller.fetch([{ block, digest, ...extentOf(block, size, blockSize) }]));
    await this.recorder.record(block, digest, [0], how === 'zero' ? 'pulled' : how);
  }
}

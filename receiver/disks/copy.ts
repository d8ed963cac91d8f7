import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Block } from '../../protocol/frame.ts';
import { syncFolder } from '../../shared/durable.ts';
import { blockCount, digestOf, extentOf, isZero, Root } from '../../shared/model/disk.ts';
import { inParallel } from '../../shared/parallel.ts';
import { Problem } from '../../shared/problem.ts';

/** How often a block that arrives wrong is asked for before the copy gives up. */
const pullAttempts = 3;

/** How much may be written before it is flushed, so that a power cut costs seconds, not the disk. */
const flushBytes = 256 * 1024 * 1024;

/** Asks the sender for one block. */
export type Pull = (block: number, signal: AbortSignal) => Promise<Block>;

/** How a copy came to be: counts of blocks, and bytes pulled. */
export interface CopyCounts {
  readonly blocks: number;
  readonly zero: number;
  readonly pulled: number;
  readonly reused: number;
  readonly bytes_pulled: number;
}

/**
 * The receiver's copy of one disk: a sparse file that is made equal to the sender's manifest, block by block.
 * The file itself is the only memory of progress: a block is there when its bytes have the manifest's digest,
 * so a resumed copy, a copy of an older snapshot and a fresh one are the same loop.
 */
export class Copy {
  readonly path: string;
  readonly size: number;
  readonly blockSize: number;
  readonly #file: FileHandle;
  /** Whether the file was empty when opened: what nobody wrote is then known to be zeros. */
  readonly #fresh: boolean;
  /** The manifest as far as it was told, and what was found or written to match it. */
  readonly #digests: (string | null | undefined)[];
  readonly #how: ('zero' | 'pulled' | 'reused' | undefined)[];
  #bytesPulled = 0;
  #unflushed = 0;
  #durableBlocks = 0;

  private constructor(path: string, file: FileHandle, size: number, blockSize: number, fresh: boolean) {
    this.path = path;
    this.#file = file;
    this.size = size;
    this.blockSize = blockSize;
    this.#fresh = fresh;
    this.#digests = new Array(blockCount(size, blockSize)).fill(undefined);
    this.#how = new Array(this.#digests.length).fill(undefined);
  }

  /** Opens the copy at `path`, keeping what an earlier one left there. Throws E_DISK_FULL. */
  static async open(path: string, size: number, blockSize: number): Promise<Copy> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, 'a+', 0o600);
    await file.close();
    const writable = await open(path, 'r+');
    try {
      const { size: had } = await writable.stat();
      if (had !== size) await writable.truncate(size);
      await syncFolder(dirname(path));
      return new Copy(path, writable, size, blockSize, had === 0);
    } catch (error) {
      await writable.close();
      throw error;
    }
  }

  /** Bytes of the disk that are known to be in the copy. */
  get doneBytes(): number {
    return Math.min(this.size, this.#how.filter((how) => how !== undefined).length * this.blockSize);
  }

  /** Blocks that would survive a power cut. */
  get durableBlocks(): number {
    return this.#durableBlocks;
  }

  /** Makes the blocks of one manifest page equal to their digests, pulling those it lacks; returns how many it lacked. */
  async take(
    first: number,
    digests: readonly (string | null)[],
    pull: Pull,
    window: number,
    signal: AbortSignal,
  ): Promise<number> {
    if (first + digests.length > this.#digests.length) {
      throw new Problem(
        'E_MALFORMED',
        `A page names block ${first + digests.length - 1} of a disk of ${this.#digests.length} blocks.`,
      );
    }
    const lacking: number[] = [];
    // Of this page alone: the next page may be compared while this one is pulled.
    const scratch = Buffer.allocUnsafe(this.blockSize);
    for (const [place, digest] of digests.entries()) {
      const block = first + place;
      const told = this.#digests[block];
      if (this.#how[block] !== undefined && told === digest) continue;
      this.#digests[block] = digest;
      this.#how[block] = undefined;
      if (await this.#has(block, digest, told === undefined, scratch)) this.#how[block] = digest === null ? 'zero' : 'reused';
      else if (digest === null) await this.#punch(block);
      else lacking.push(block);
    }
    await inParallel(lacking, window, async (block) => {
      signal.throwIfAborted();
      await this.#fetch(block, pull, signal);
    });
    if (this.#unflushed >= flushBytes) await this.flush();
    return lacking.length;
  }

  /** Flushes what was written; afterwards it survives a power cut. */
  async flush(): Promise<void> {
    this.#unflushed = 0;
    const done = this.#how.filter((how) => how !== undefined).length;
    await this.#file.datasync();
    this.#durableBlocks = done;
  }

  /**
   * Reads the whole copy again and compares it with the manifest and the sender's root. Blocks that changed on our own disk are pulled again, twice at most.
   * Throws E_ROOT_MISMATCH where the copy is not what the sender offered.
   */
  async seal(root: string, pull: Pull, signal: AbortSignal): Promise<CopyCounts & { root: string }> {
    const untold = this.#digests.indexOf(undefined);
    if (untold >= 0)
      throw new Problem('E_ROOT_MISMATCH', `The sender sealed the disk before it named block ${untold}.`, { about: this.path });
    for (let attempt = 0; ; attempt += 1) {
      await this.flush();
      const bad = await this.#compare(signal);
      if (bad.length === 0) break;
      if (attempt === 2)
        throw new Problem(
          'E_ROOT_MISMATCH',
          `${bad.length} blocks of ${this.path} do not keep what is written to them, first block ${bad[0]}.`,
          { about: this.path },
        );
      for (const block of bad) await this.#fetch(block, pull, signal);
    }
    const own = new Root(this.size, this.blockSize);
    for (const digest of this.#digests) own.add(digest ?? null);
    const value = own.value();
    if (value !== root)
      throw new Problem('E_ROOT_MISMATCH', `The root of the copy is ${value}, the sender says ${root}.`, { about: this.path });
    return { root: value, ...this.counts() };
  }

  counts(): CopyCounts {
    const count = (kind: 'zero' | 'pulled' | 'reused'): number => this.#how.filter((how) => how === kind).length;
    return {
      blocks: this.#how.length,
      zero: count('zero'),
      pulled: count('pulled'),
      reused: count('reused'),
      bytes_pulled: this.#bytesPulled,
    };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Closes and deletes the copy. */
  async discard(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }

  async #has(block: number, digest: string | null, untouched: boolean, scratch: Buffer): Promise<boolean> {
    if (this.#fresh && untouched) return digest === null;
    const bytes = await this.#read(block, scratch);
    return isZero(bytes) ? digest === null : digest !== null && (await digestOf(bytes)) === digest;
  }

  async #fetch(block: number, pull: Pull, signal: AbortSignal): Promise<void> {
    const digest = this.#digests[block];
    if (digest === null || digest === undefined) return this.#punch(block);
    const { offset, length } = extentOf(block, this.size, this.blockSize);
    for (let attempt = 1; ; attempt += 1) {
      const answer = await pull(block, signal);
      this.#bytesPulled += answer.bytes.length;
      if (answer.offset === offset && answer.bytes.length === length && (await digestOf(answer.bytes)) === digest) {
        await this.#write(answer.bytes, offset);
        this.#how[block] = 'pulled';
        return;
      }
      if (attempt === pullAttempts) {
        throw new Problem(
          'E_BLOCK_MISMATCH',
          `Block ${block} arrived ${pullAttempts} times with other bytes than its digest names.`,
          { about: this.path },
        );
      }
    }
  }

  /** Makes a block zeros; one that nobody wrote stays a hole. */
  async #punch(block: number): Promise<void> {
    const { offset, length } = extentOf(block, this.size, this.blockSize);
    await this.#write(Buffer.alloc(length), offset);
    this.#how[block] = 'zero';
  }

  async #compare(signal: AbortSignal): Promise<number[]> {
    const bad: number[] = [];
    const scratch = Buffer.allocUnsafe(this.blockSize);
    for (const [block, digest] of this.#digests.entries()) {
      signal.throwIfAborted();
      if (!(await this.#has(block, digest ?? null, false, scratch))) bad.push(block);
    }
    return bad;
  }

  /** Reads a block into `scratch`, and returns a view of it. */
  async #read(block: number, scratch: Buffer): Promise<Buffer> {
    const { offset, length } = extentOf(block, this.size, this.blockSize);
    const bytes = scratch.subarray(0, length);
    const { bytesRead } = await this.#file.read(bytes, 0, length, offset);
    // Behind its end a file reads as zeros.
    return bytes.fill(0, bytesRead);
  }

  async #write(bytes: Buffer, offset: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) done += (await this.#file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
    this.#unflushed += bytes.length;
  }
}

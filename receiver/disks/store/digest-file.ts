import { type FileHandle, open, rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { Semaphore } from '../../../shared/concurrency/semaphore.ts';
import { type Algorithm, blockCount, digestBytes } from '../../../shared/model/disk.ts';

/** The length of a disk and of its blocks. */
export interface Shape {
  /** Bytes. */
  readonly size: number;
  /** Bytes. */
  readonly blockSize: number;
  readonly algorithm: Algorithm;
}

/** Blocks from the first to the last. */
interface BlockSpan {
  readonly low: number;
  readonly high: number;
}

/** Bytes of the header of a marks file, which tells the shape in words. */
const headBytes = 128;

/**
 * Blocks whose marks are taken back together: each time costs a flush of the marks. The next flush
 * of the copy marks again those that did not change.
 */
const stretchBlocks = 4096;

/**
 * The files beside a copy: `….digests` has 32 bytes a block, `….marks` one bit for each durable
 * block. A mark is set after both were flushed, and taken back before they change.
 */
export class DigestFile {
  readonly blocks: number;
  readonly #digests: FileHandle;
  readonly #marks: FileHandle;
  /** The marks as they are in the file, or about to be. */
  readonly #bits: Uint8Array;
  /** Marks that are being made durable; one that is taken back meanwhile is removed here too. */
  #pending: Uint8Array | null = null;
  #dirty: BlockSpan | null = null;
  /** Marks that are taken back here, and may still be in the file. */
  #stale: BlockSpan | null = null;
  readonly #unmarking = new Semaphore(1);
  #lost: unknown = null;

  private constructor(blocks: number, digests: FileHandle, marks: FileHandle, bits: Uint8Array) {
    this.blocks = blocks;
    this.#digests = digests;
    this.#marks = marks;
    this.#bits = bits;
  }

  /** Opens the two files of a copy, `path` without an ending; drops what has another shape. */
  static async open(path: string, shape: Shape): Promise<DigestFile> {
    const blocks = blockCount(shape.size, shape.blockSize);
    const digests = await openOrMake(`${path}.digests`);
    const marks = await openOrMake(`${path}.marks`).catch(async (error: unknown) => {
      await digests.close();
      throw error;
    });
    try {
      const bits = new Uint8Array(Math.ceil(blocks / 8));
      const head = headOf(shape);
      const found = Buffer.alloc(headBytes);
      await marks.read(found, 0, headBytes, 0);
      const same = found.equals(head) && (await digests.stat()).size === blocks * digestBytes;
      if (same) await marks.read(bits, 0, bits.length, headBytes);
      else await renew(digests, marks, head, blocks);
      // What a killed process took back may be in the page cache alone, and is acted upon.
      await marks.datasync();
      return new DigestFile(blocks, digests, marks, bits);
    } catch (error) {
      await Promise.all([digests.close(), marks.close()]);
      throw error;
    }
  }

  /** The shape of the marks beside a copy, or null. */
  static async shapeOf(path: string): Promise<Shape | null> {
    const marks = await open(`${path}.marks`).catch(() => null);
    const head = Buffer.alloc(headBytes);
    try {
      await marks?.read(head, 0, headBytes, 0);
    } finally {
      await marks?.close();
    }
    const [, size, block, algorithm] = /^godwit-marks 1 (\d+) (\d+) (blake3|sha256)\n/.exec(head.toString('latin1')) ?? [];
    if (size === undefined) return null;
    return { size: Number(size), blockSize: Number(block), algorithm: algorithm as Algorithm };
  }

  /** Yields the runs of marked blocks of a stretch, each from its first to behind its last. */
  *marked(first: number, end: number): Generator<[from: number, to: number]> {
    yield* runsOfBits(this.#bits, first, end);
  }

  /** The digests of some blocks, in order; those that were never written are zeros. */
  async read(first: number, count: number): Promise<Buffer> {
    const digests = Buffer.alloc(count * digestBytes);
    await this.#digests.read(digests, 0, digests.length, first * digestBytes);
    return digests;
  }

  async write(first: number, digests: Uint8Array): Promise<void> {
    await this.#digests.write(digests, 0, digests.length, first * digestBytes);
  }

  /**
   * The EIO of a flush, after which nobody knows which pages the kernel dropped: a later flush does
   * not tell. Null for none.
   */
  get lost(): unknown {
    return this.#lost;
  }

  /**
   * Takes back the marks of blocks that are about to change, durably: a power cut leaves none
   * beside other bytes. Others nearby go too, until the next flush.
   */
  async unmark(blocks: readonly number[]): Promise<void> {
    const isMarked = (block: number): boolean => has(this.#bits, block) || (this.#pending !== null && has(this.#pending, block));
    for (const block of blocks) if (isMarked(block)) this.#clearStretch(block);
    // Somebody else may be taking them back just now.
    if (this.#stale !== null) await this.#unmarking.run(() => this.#takeBack());
  }

  #clearStretch(block: number): void {
    const low = block - (block % stretchBlocks);
    const high = Math.min(this.blocks, low + stretchBlocks) - 1;
    for (const bits of this.#pending === null ? [this.#bits] : [this.#bits, this.#pending])
      bits.fill(0, low >> 3, (high >> 3) + 1);
    this.#stale = joined(this.#stale, low, high);
    this.note(low, high);
  }

  async #takeBack(): Promise<void> {
    const stale = this.#stale;
    if (stale === null) return;
    await this.#writeBits(this.#bits, stale.low, stale.high);
    await this.#keepingLoss(this.#marks.datasync());
    // More may have been taken back meanwhile.
    if (this.#stale === stale) this.#stale = null;
  }

  /** Notes blocks whose bytes and digests are written, to be marked by the next flush. */
  note(first: number, last: number): void {
    this.#dirty = joined(this.#dirty, first, last);
  }

  /**
   * Marks the noted blocks once `flushData` has ended and the digests are durable. MUST NOT run
   * twice at a time.
   */
  async flush(isKnown: (block: number) => boolean, flushData: () => Promise<void>): Promise<void> {
    const dirty = this.#dirty;
    this.#dirty = null;
    const pending = new Uint8Array(this.#bits);
    this.#pending = pending;
    try {
      if (dirty !== null) await collect(pending, dirty, isKnown);
      await this.#keepingLoss(Promise.all([flushData(), this.#digests.datasync()]));
      if (dirty === null) return;
      this.#bits.set(pending);
      await this.#writeBits(pending, dirty.low, dirty.high);
      await this.#keepingLoss(this.#marks.datasync());
    } catch (error) {
      if (dirty !== null) this.note(dirty.low, dirty.high);
      throw error;
    } finally {
      this.#pending = null;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#digests.close(), this.#marks.close()]);
  }

  /** Deletes the two files. */
  static async remove(path: string): Promise<void> {
    for (const ending of ['marks', 'digests']) await rm(`${path}.${ending}`, { force: true });
  }

  /** Throws what a flush met before, or meets now; EIO is kept. */
  async #keepingLoss(flushing: Promise<unknown>): Promise<void> {
    try {
      await flushing;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EIO') this.#lost ??= error;
      throw error;
    }
    if (this.#lost !== null) throw this.#lost;
  }

  async #writeBits(bits: Uint8Array, low: number, high: number): Promise<void> {
    const from = low >> 3;
    const to = (high >> 3) + 1;
    await this.#marks.write(bits, from, to - from, headBytes + from);
  }
}

function joined(range: BlockSpan | null, low: number, high: number): BlockSpan {
  return { low: Math.min(low, range?.low ?? low), high: Math.max(high, range?.high ?? high) };
}

function headOf({ size, blockSize, algorithm }: Shape): Buffer {
  const head = Buffer.alloc(headBytes);
  head.write(`godwit-marks 1 ${size} ${blockSize} ${algorithm}\n`);
  return head;
}

async function renew(digests: FileHandle, marks: FileHandle, head: Buffer, blocks: number): Promise<void> {
  // The marks go first: they must never stand beside digests of another shape.
  await marks.truncate(0);
  await marks.datasync();
  await digests.truncate(0);
  await digests.truncate(blocks * digestBytes);
  await marks.write(head, 0, head.length, 0);
  await marks.truncate(headBytes + Math.ceil(blocks / 8));
}

async function openOrMake(path: string): Promise<FileHandle> {
  await (await open(path, 'a', 0o600)).close();
  return open(path, 'r+');
}

/** Yields the runs of bits that are set; eight equal ones cost one step. */
function* runsOfBits(bits: Uint8Array, first: number, end: number): Generator<[from: number, to: number]> {
  let from = -1;
  for (let block = first; block < end; ) {
    const byte = block % 8 === 0 ? (bits[block >> 3] ?? 0) : -1;
    const isSet = has(bits, block);
    if (isSet && from < 0) from = block;
    if (!isSet && from >= 0) {
      yield [from, block];
      from = -1;
    }
    block += byte === 0 || byte === 0xff ? 8 : 1;
  }
  if (from >= 0) yield [from, end];
}

/** Sets the bits of known blocks, with pauses: a disk may have millions of blocks. */
async function collect(bits: Uint8Array, range: BlockSpan, isKnown: (block: number) => boolean): Promise<void> {
  const most = 1024 * 1024;
  for (let from = range.low; from <= range.high; from += most) {
    for (let block = from; block <= Math.min(range.high, from + most - 1); block += 1) if (isKnown(block)) set(bits, block);
    await setImmediate();
  }
}

function has(bits: Uint8Array, block: number): boolean {
  return ((bits[block >> 3] ?? 0) & (1 << (block & 7))) !== 0;
}

function set(bits: Uint8Array, block: number): void {
  bits[block >> 3] = (bits[block >> 3] ?? 0) | (1 << (block & 7));
}

import type { How } from './blocks.ts';
import type { CopyFile, CopyHandles } from './copy-file.ts';
import { ReadBack } from './read-back.ts';

/**
 * How much is written before it is flushed, or for how long, so that a power cut costs seconds, not
 * the disk, and the seal finds most of it read back.
 */
const flushBytes = 128 * 1024 * 1024;
const flushMs = 10_000;

/**
 * When what is written to a copy becomes durable: beside the work, again and again, and what was
 * flushed is then read back.
 */
export class Flushes {
  readonly #file: CopyFile;
  readonly #handles: CopyHandles;
  readonly #readBack: ReadBack;
  #unflushed = 0;
  #flushedAt = Date.now();
  #flushing: Promise<void> | null = null;
  #failed: unknown = null;
  #durable = 0;

  constructor(file: CopyFile, handles: CopyHandles) {
    this.#file = file;
    this.#handles = handles;
    this.#readBack = new ReadBack(file);
  }

  /** Blocks that would survive a power cut, of those that were named. */
  get durable(): number {
    return this.#durable;
  }

  /** A new offer has not named any block yet; what was written and not flushed still is to be. */
  begin(): void {
    this.#durable = 0;
  }

  /**
   * Notes blocks that were just settled, to be marked by the next flush; MUST come after their
   * bytes and digests are written.
   */
  note(first: number, count: number, how: How): void {
    this.#handles.digests.note(first, first + count - 1);
    // Zeros are no bytes to lose: they hasten no flush.
    if (how === 'zero') return;
    this.#unflushed += count * this.#file.shape.blockSize;
    // What is reused lay there before: it was read already, or the seal reads it.
    if (how !== 'reused') this.#readBack.note(first, count);
  }

  /**
   * Throws what made a flush beside the work fail, or the reading after it: once, for it may pass as
   * a full disk does. A disk that fails stays so: after EIO nobody knows which pages were dropped.
   */
  throwIfFailed(): void {
    const failed = this.#failed;
    if (failed === null) return;
    if ((failed as NodeJS.ErrnoException).code !== 'EIO') this.#failed = null;
    throw failed;
  }

  /**
   * Flushes beside the copy when it is time, and reads back what was flushed; the next page throws a
   * failure.
   */
  soon(): void {
    if (this.#flushing !== null) return;
    if (this.#unflushed < flushBytes && (this.#unflushed === 0 || Date.now() - this.#flushedAt < flushMs)) return;
    // Before the flush: what is written while it runs may not be on the disk when it has ended.
    const written = this.#readBack.take();
    // The files must not be closed before it has ended.
    this.#file.inUse
      .run(async () => {
        await this.now();
        await this.#readBack.run(written);
      })
      .catch((error: unknown) => {
        this.#failed ??= error;
      });
  }

  /** Flushes what was written; afterwards it survives a power cut, and is marked. */
  async now(): Promise<void> {
    // One at a time, as the digest file needs it.
    while (this.#flushing !== null) await this.#flushing;
    this.#flushing = this.#flush();
    try {
      await this.#flushing;
    } finally {
      this.#flushing = null;
    }
  }

  /** Ends the reading of what was flushed; what was not read is left to the seal. */
  stopReading(): Promise<void> {
    return this.#readBack.stop();
  }

  async #flush(): Promise<void> {
    const { blocks } = this.#file;
    const { file, digests } = this.#handles;
    // Both MUST be taken before the flush begins: it need not cover what is written while it runs.
    const unflushed = this.#unflushed;
    this.#unflushed = 0;
    const { done } = blocks;
    try {
      await digests.flush(
        (block) => blocks.isKnown(block),
        () => file.datasync(),
      );
    } catch (error) {
      // It is still to be flushed; what the kernel may have dropped is read again by the seal.
      this.#unflushed += unflushed;
      throw error;
    }
    this.#durable = done;
    this.#flushedAt = Date.now();
  }
}

import type { BlockOrigin } from './blocks.ts';
import type { CopyFile, CopyHandles } from './copy-file.ts';
import { ReadBack } from './read-back.ts';

/**
 * Bytes or time between two flushes, so that a power cut costs only seconds of work, and the seal
 * finds most of the disk read back.
 */
const flushBytes = 128 * 1024 * 1024;
const flushMs = 10_000;

/** Makes writes to a copy durable: flushes repeatedly during the work, then reads back. */
export class Flushes {
  readonly #file: CopyFile;
  readonly #handles: CopyHandles;
  readonly #readBack: ReadBack;
  #unflushed = 0;
  #flushedAt = performance.now();
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

  /** A new offer has named no block yet; unflushed writes are still to be flushed. */
  begin(): void {
    this.#durable = 0;
  }

  /**
   * Notes finished blocks, to be marked by the next flush; MUST come after their bytes and digests
   * are written.
   */
  note(first: number, count: number, how: BlockOrigin): void {
    this.#handles.digests.note(first, first + count - 1);
    // Zeros are not lost by a power cut, so they cause no flush.
    if (how === 'zero') return;
    this.#unflushed += count * this.#file.shape.blockSize;
    // Reused blocks were there before: they were read already, or the seal reads them.
    if (how !== 'reused') this.#readBack.note(first, count);
  }

  /**
   * Throws a failed flush or read-back once, because a full disk may recover. EIO is thrown every
   * time: nobody knows which pages were dropped.
   */
  throwIfFailed(): void {
    const failed = this.#handles.digests.lost ?? this.#failed;
    this.#failed = null;
    if (failed !== null) throw failed;
  }

  /** Flushes when it is time, then reads back; a failure is thrown by the next page. */
  soon(): void {
    if (this.#flushing !== null) return;
    if (this.#unflushed < flushBytes && (this.#unflushed === 0 || performance.now() - this.#flushedAt < flushMs)) return;
    // Before the flush: what is written while it runs may not be durable when it has ended.
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

  /** Flushes and marks what was written, which then survives a power cut. */
  async now(): Promise<void> {
    // One flush at a time, as the digest file requires.
    while (this.#flushing !== null) await this.#flushing;
    this.#flushing = this.#flush();
    try {
      await this.#flushing;
    } finally {
      this.#flushing = null;
    }
  }

  /** Ends the read-back; the seal reads the rest. */
  stopReading(): Promise<void> {
    return this.#readBack.stop();
  }

  async #flush(): Promise<void> {
    const { blocks } = this.#file;
    const { file, digests } = this.#handles;
    // Both MUST be taken before the flush begins, which need not cover later writes.
    const unflushed = this.#unflushed;
    this.#unflushed = 0;
    const { done } = blocks;
    try {
      await digests.flush(
        (block) => blocks.isKnown(block),
        () => file.datasync(),
      );
    } catch (error) {
      // It is still to be flushed; the seal reads again what the kernel may have dropped.
      this.#unflushed += unflushed;
      throw error;
    }
    this.#durable = done;
    this.#flushedAt = performance.now();
  }
}

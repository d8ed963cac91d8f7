import { pageBytes } from '../model/disk.ts';
import { alignedMemory } from './direct.ts';
import { type OpenFile, writeFully } from './reading.ts';

/** Memory of this thread, from its first run on. */
let kept: Buffer | undefined;

/**
 * Blocks that are made one after the other in this thread's memory, and written together where they
 * lie together on the disk.
 */
export class Run {
  readonly #file: OpenFile;
  readonly #memory: Buffer;
  #offset = 0;
  #length = 0;

  constructor(file: OpenFile) {
    this.#file = file;
    kept ??= Buffer.from(alignedMemory(pageBytes));
    this.#memory = kept;
  }

  /**
   * Memory in which the next block, of `length` bytes, is to be made; it belongs at byte `offset`
   * of the disk.
   */
  next(offset: number, length: number): Buffer {
    if (this.#offset + this.#length !== offset || this.#length + length > this.#memory.length) this.write();
    if (this.#length === 0) this.#offset = offset;
    return this.#memory.subarray(this.#length, this.#length + length);
  }

  /** Takes the block that was made last, of `length` bytes; without it, that is forgotten. */
  keep(length: number): void {
    this.#length += length;
  }

  /** Writes what was taken and not yet written. */
  write(): void {
    if (this.#length > 0) writeFully(this.#file, this.#memory.subarray(0, this.#length), this.#offset);
    this.#length = 0;
  }
}

import { type FileHandle, open } from 'node:fs/promises';
import { writeAll } from '../../../disk/file.ts';

/** Size of a piece; pieces of zeros become holes: bytes. */
const piece = 64 * 1024;
const zeros = Buffer.alloc(piece);

/** Writes a stream of bytes to a new file, with holes for pieces of zeros. */
export class SparseFile {
  readonly #file: FileHandle;
  readonly #pending = Buffer.allocUnsafe(piece);
  #pendingLength = 0;
  #offset = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<SparseFile> {
    return new SparseFile(await open(path, 'w', 0o600));
  }

  /** Bytes written so far, holes included. */
  get length(): number {
    return this.#offset + this.#pendingLength;
  }

  /** Appends bytes; the buffer may be reused once this returns. */
  async append(bytes: Buffer): Promise<void> {
    let rest = bytes;
    if (this.#pendingLength > 0) {
      const taken = Math.min(piece - this.#pendingLength, rest.length);
      rest.copy(this.#pending, this.#pendingLength, 0, taken);
      this.#pendingLength += taken;
      rest = rest.subarray(taken);
      if (this.#pendingLength < piece) return;
      await this.#put(this.#pending);
    }
    const whole = rest.length - (rest.length % piece);
    for (let start = 0; start < whole; ) start += await this.#putRun(rest.subarray(start, whole));
    rest.copy(this.#pending, 0, whole);
    this.#pendingLength = rest.length - whole;
  }

  /** Writes what is left, sets the size, makes it durable and closes the file. */
  async finish(): Promise<void> {
    const size = this.length;
    await this.#put(this.#pending.subarray(0, this.#pendingLength));
    await this.#file.truncate(size);
    await this.#file.sync();
    await this.#file.close();
  }

  /** Closes the file as it is. */
  abandon(): Promise<void> {
    return this.#file.close();
  }

  /**
   * Skips the zero pieces at the beginning, or writes the pieces before the next zero one at once;
   * returns how many bytes that was.
   */
  async #putRun(bytes: Buffer): Promise<number> {
    let end = 0;
    const hole = isZero(bytes, 0);
    while (end < bytes.length && isZero(bytes, end) === hole) end += piece;
    if (!hole) await writeAll(this.#file, bytes.subarray(0, end), this.#offset);
    this.#offset += end;
    return end;
  }

  async #put(bytes: Buffer): Promise<void> {
    if (!bytes.equals(zeros.subarray(0, bytes.length))) await writeAll(this.#file, bytes, this.#offset);
    this.#offset += bytes.length;
    this.#pendingLength = 0;
  }
}

const isZero = (bytes: Buffer, start: number): boolean => bytes.compare(zeros, 0, piece, start, start + piece) === 0;

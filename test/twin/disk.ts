import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

/** Bytes handled at once; also the grain at which zeros become holes. */
const blockBytes = 1024 * 1024;
const zeros = Buffer.alloc(blockBytes);

/** What is known of bytes that were stored. */
export interface Digests {
  readonly size: number;
  readonly md5: string;
  readonly sha512: string;
}

/**
 * Writes a stream of bytes to a file and leaves holes where there are only zeros. Digests are made
 * on the way.
 */
export class SparseWriter {
  readonly #file: FileHandle;
  readonly #md5: Hash = createHash('md5');
  readonly #sha512: Hash;
  readonly #block = Buffer.allocUnsafe(blockBytes);
  #filled = 0;
  #offset = 0;

  private constructor(file: FileHandle, hash: string) {
    this.#file = file;
    this.#sha512 = createHash(hash);
  }

  /**
   * Opens a file for writing from its start; what it held is lost. `hash`: what is made in the
   * place of its SHA-512.
   */
  static async create(path: string, hash = 'sha512'): Promise<SparseWriter> {
    return new SparseWriter(await open(path, 'w'), hash);
  }

  /** Bytes taken so far. */
  get size(): number {
    return this.#offset + this.#filled;
  }

  /** Takes the next bytes. */
  async write(chunk: Buffer): Promise<void> {
    let taken = 0;
    while (taken < chunk.length) {
      const part = chunk.subarray(taken, taken + blockBytes - this.#filled);
      part.copy(this.#block, this.#filled);
      this.#filled += part.length;
      taken += part.length;
      if (this.#filled === blockBytes) await this.#empty();
    }
  }

  async #empty(): Promise<void> {
    const block = this.#block.subarray(0, this.#filled);
    this.#md5.update(block);
    this.#sha512.update(block);
    if (!block.equals(zeros.subarray(0, block.length))) await this.#file.write(block, 0, block.length, this.#offset);
    this.#offset += block.length;
    this.#filled = 0;
  }

  /** Ends the file at its full length and returns its digests. */
  async finish(): Promise<Digests> {
    await this.#empty();
    await this.#file.truncate(this.#offset);
    await this.#file.close();
    return { size: this.#offset, md5: this.#md5.digest('hex'), sha512: this.#sha512.digest('hex') };
  }

  /** Closes the file as it is. */
  async abandon(): Promise<void> {
    await this.#file.close();
  }
}

/** Reads a file in blocks; the buffer is used again for the next one. */
async function* blocksOf(file: FileHandle, signal: AbortSignal): AsyncGenerator<{ block: Buffer; offset: number }> {
  const buffer = Buffer.allocUnsafe(blockBytes);
  let offset = 0;
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, blockBytes, offset);
    if (bytesRead === 0) return;
    yield { block: buffer.subarray(0, bytesRead), offset };
    offset += bytesRead;
  }
}

/** Copies a file without its zeros and makes the copy at least `minimumBytes` long. */
export async function copySparse(from: string, to: string, minimumBytes: number, signal: AbortSignal): Promise<void> {
  const source = await open(from, 'r');
  const target = await open(to, 'w');
  try {
    let size = 0;
    for await (const { block, offset } of blocksOf(source, signal)) {
      if (!block.equals(zeros.subarray(0, block.length))) await target.write(block, 0, block.length, offset);
      size = offset + block.length;
    }
    await target.truncate(Math.max(size, minimumBytes));
  } finally {
    await source.close();
    await target.close();
  }
}

/** Copies a file without its zeros and returns its digests. */
export async function copyWithDigests(from: string, to: string, signal: AbortSignal): Promise<Digests> {
  const source = await open(from, 'r');
  const target = await SparseWriter.create(to);
  try {
    for await (const { block } of blocksOf(source, signal)) await target.write(block);
    return await target.finish();
  } catch (error) {
    await target.abandon();
    throw error;
  } finally {
    await source.close();
  }
}

/** The first bytes of a file, fewer if it is shorter. */
export async function headOf(path: string, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

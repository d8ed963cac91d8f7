import { type FileHandle, open } from 'node:fs/promises';
import type { BlockSource } from '../../shared/disk/block-source.ts';
import type { PageBuffer } from '../../shared/disk/buffer-pool.ts';
import { openDirect } from '../../shared/disk/direct.ts';
import type { WorkerPool } from '../../shared/disk/worker-pool.ts';
import { type Algorithm, blockBytes, pageBytes } from '../../shared/model/disk.ts';
import { Problem } from '../../shared/problem.ts';

/**
 * Reads a frozen disk into buffers and names its blocks there; threads read a file themselves,
 * other sources are read here.
 */
export class Reader {
  readonly size: number;
  readonly #source: BlockSource;
  readonly #workers: WorkerPool;
  readonly #turn: object;
  readonly #file: FileHandle | null;
  readonly #direct: FileHandle | null;

  private constructor(
    source: BlockSource,
    workers: WorkerPool,
    turn: object,
    file: FileHandle | null,
    direct: FileHandle | null,
  ) {
    this.size = source.size;
    this.#source = source;
    this.#workers = workers;
    this.#turn = turn;
    this.#file = file;
    this.#direct = direct;
  }

  /**
   * Opens a source for the worker threads; `turn` stands for the disk when threads are shared out.
   */
  static async open(source: BlockSource, workers: WorkerPool, turn: object): Promise<Reader> {
    const path = source.origin?.kind === 'file' ? source.origin.path : undefined;
    if (path === undefined) return new Reader(source, workers, turn, null, null);
    return new Reader(source, workers, turn, await open(path, 'r'), await openDirect(path, 'r'));
  }

  /**
   * Reads `blocks` blocks from `first` into a buffer and returns their digests, 32 bytes each.
   * Throws E_DISK_CHANGED, and what the source throws.
   */
  async read(first: number, blocks: number, buffer: PageBuffer, algorithm: Algorithm): Promise<Uint8Array> {
    const offset = first * blockBytes;
    const length = Math.min(blocks * blockBytes, this.size - offset);
    if (length > pageBytes) throw new Problem('E_BUG', `A buffer does not hold ${length} bytes.`);
    if (this.#file === null) await this.#source.read(offset, length, Buffer.from(buffer.memory));
    const file = this.#file === null ? undefined : { fd: this.#file.fd, direct: this.#direct?.fd, mayBeCached: true };
    const task = { file, buffer: buffer.memory, offset, length, blockSize: blockBytes, algorithm };
    return this.#workers.run('digest', task, { turn: this.#turn });
  }

  /**
   * Closes what was opened here; the source stays open. MUST come after the last `read` has
   * settled.
   */
  async close(): Promise<void> {
    await this.#direct?.close();
    await this.#file?.close();
  }
}

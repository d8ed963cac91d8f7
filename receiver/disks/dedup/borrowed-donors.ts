import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { WorkerPool } from '../../../shared/disk/worker-pool.ts';
import { blockCount, digestBytes } from '../../../shared/model/disk.ts';
import type { Shape } from '../store/digest-file.ts';
import { type FileDonor, openDonor } from './donor.ts';
import type { Donors } from './donors.ts';
import { nameBlocks, openKept } from './kept-disk.ts';

/** What borrowed donors need. */
export interface BorrowingTools {
  readonly donors: Donors;
  readonly workers: WorkerPool;
}

/** Donors that are not the campaign's own disks: kept disks of earlier campaigns, and images. */
export class BorrowedDonors {
  readonly #tools: BorrowingTools;
  #open: FileDonor[] = [];

  constructor(tools: BorrowingTools) {
    this.#tools = tools;
  }

  /** Adds every disk that is kept in a folder; `learned` resolves when their blocks are known. */
  async addKept(folder: string): Promise<{ readonly learned: Promise<unknown> }> {
    const donors = await openKept(folder);
    return { learned: Promise.allSettled(donors.map((donor) => this.#add(donor))) };
  }

  /**
   * Adds a raw file. Its digests are read from `base.digests`, or computed and written there; the
   * caller keeps both files until `close`.
   */
  async addFile(file: string, base: string, shape: Shape, signal: AbortSignal): Promise<void> {
    const found = await stat(`${base}.digests`).catch(() => null);
    const isNamed = found?.size === blockCount(shape.size, shape.blockSize) * digestBytes;
    if (!isNamed) await nameBlocks(file, base, shape, this.#tools.workers, signal);
    await this.#add(await openDonor(file, base, shape));
  }

  /** Whether a donor lies in this folder. */
  isFrom(folder: string): boolean {
    return this.#open.some(({ path }) => dirname(path) === folder);
  }

  /** Removes and closes the donors whose path begins so. */
  async release(path: string): Promise<void> {
    const gone = this.#open.filter((donor) => donor.path.startsWith(path));
    this.#open = this.#open.filter((donor) => !gone.includes(donor));
    await this.#remove(gone);
  }

  /** Removes and closes all donors. */
  async close(): Promise<void> {
    await this.#remove(this.#open.splice(0));
  }

  async #add(donor: FileDonor): Promise<void> {
    this.#open.push(donor);
    await donor.inUse.run(() => this.#tools.donors.addAll(donor));
  }

  async #remove(gone: readonly FileDonor[]): Promise<void> {
    for (const donor of gone) this.#tools.donors.remove(donor);
    await Promise.all(gone.map((donor) => donor.close()));
  }
}

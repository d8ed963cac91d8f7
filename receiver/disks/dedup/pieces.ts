import { inParallel } from '../../../shared/concurrency/parallel.ts';
import { within } from '../../../shared/concurrency/within.ts';
import type { Range } from '../../../shared/disk/reading.ts';
import type { WorkerPool } from '../../../shared/disk/worker-pool.ts';
import { blockCount, digestBytes, pageBytes, pieceBytes, pieceDigestBytes } from '../../../shared/model/disk.ts';
import { isZeroAt, runsOf } from '../store/digests.ts';
import type { Donor } from './donor.ts';
import { Gain } from './gain.ts';
import type { PrefixIndex } from './prefix-index.ts';

/** Where a piece may be found: bytes from the start of a donor's file. */
export interface PieceMatch {
  readonly donor: Donor;
  readonly at: number;
}

interface Shelf {
  readonly donor: Donor;
  /** The number of its first piece among those of all donors. */
  readonly base: number;
  readonly pieces: number;
}

/**
 * How long copies wait until donors are read, from when the reading begins: milliseconds. What is
 * found is worth more than that over most lines; a huge donor is not waited for.
 */
const patienceMs = 30_000;

/** Which disk of ours holds the block whose digest begins at byte `at`, most likely. */
export type Holder = (digests: Uint8Array, at: number) => Donor | undefined;

/**
 * Which disk of ours holds a piece, by the first 8 bytes of its digest. Donors are read once, when
 * somebody first asks, without their zeros and what another donor has as well.
 */
export class Pieces {
  /** Whether it pays to ask for pieces that donors may have. */
  readonly gain = new Gain();
  readonly #workers: WorkerPool;
  readonly #holder: Holder;
  readonly #index: PrefixIndex;
  readonly #shelves = new Map<Donor, Shelf>();
  #next = 0;
  #learning: Promise<void> = Promise.resolve();
  /** The reading of those donors that were there when somebody asked for the first time. */
  #first: Promise<void> | undefined;
  #unread = 0;
  #begun = 0;

  constructor(workers: WorkerPool, index: PrefixIndex, holder: Holder) {
    this.#workers = workers;
    this.#holder = holder;
    this.#index = index;
  }

  /**
   * Reads the donors that were not read yet; returns whether all are read. The first are waited
   * for, up to a limit; later ones are read beside the work.
   */
  async learn(donors: readonly Donor[]): Promise<boolean> {
    for (const donor of donors) {
      if (this.#shelves.has(donor)) continue;
      const pieces = Math.ceil(donor.shape.size / pieceBytes);
      if (this.#next + pieces > 2 ** 32 - 2) continue;
      const shelf = { donor, base: this.#next, pieces };
      this.#next += pieces;
      this.#shelves.set(donor, shelf);
      if (this.#unread === 0) this.#begun = Date.now();
      this.#unread += 1;
      this.#learning = this.#learning.then(async () => {
        await donor.inUse.run(() => this.#read(shelf)).catch(() => this.forget(donor));
        this.#unread -= 1;
      });
    }
    this.#first ??= this.#learning;
    const left = this.#begun + patienceMs - Date.now();
    if (this.#unread > 0 && left > 0) await within(left, this.#first);
    return this.#unread === 0;
  }

  /** The donor has changed, or is none any more. */
  forget(donor: Donor): void {
    this.#shelves.delete(donor);
    if (this.#shelves.size > 0) return;
    this.#index.clear();
    this.#first = undefined;
  }

  /** Where the piece may be whose name begins at byte `at`. */
  find(names: Uint8Array, at: number): PieceMatch | undefined {
    const place = this.#index.find(names, at);
    if (place === undefined) return undefined;
    for (const { donor, base, pieces } of this.#shelves.values())
      if (place >= base && place < base + pieces) return { donor, at: (place - base) * pieceBytes };
    return undefined;
  }

  async #read({ donor, base }: Shelf): Promise<void> {
    const { size, blockSize, algorithm } = donor.shape;
    const step = Math.max(1, pageBytes / blockSize);
    const blocks = blockCount(size, blockSize);
    const pages = Array.from({ length: Math.ceil(blocks / step) }, (_, page) => page * step);
    await inParallel(pages, this.#workers.size, async (first) => {
      if (!this.#shelves.has(donor)) return;
      const count = Math.min(step, blocks - first);
      const digests = await donor.digests(first, count);
      const places = Array.from({ length: count }, (_, place) => place).filter(
        (place) => !isZeroAt(digests, place) && !this.#isRead(digests, place, donor),
      );
      if (places.length === 0) return;
      const ranges = runsOf(places).map(([from, to]): Range => {
        const offset = (first + from) * blockSize;
        return [offset, Math.min(size, (first + to) * blockSize) - offset];
      });
      const names = await this.#workers.run('pieces', { parts: [{ from: { fd: donor.fd }, ranges }], algorithm }, { turn: this });
      let at = 0;
      for (const [offset, length] of ranges)
        for (let byte = 0; byte < length; byte += pieceBytes, at += pieceDigestBytes)
          this.#index.add(names, at, base + (offset + byte) / pieceBytes);
    });
  }

  /** Whether another donor that is read has the same block, and so its pieces. */
  #isRead(digests: Uint8Array, place: number, donor: Donor): boolean {
    const holder = this.#holder(digests, place * digestBytes);
    return holder !== undefined && holder !== donor && this.#shelves.has(holder);
  }
}

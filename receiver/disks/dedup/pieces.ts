import { inParallel } from '../../../shared/concurrency/parallel.ts';
import { within } from '../../../shared/concurrency/within.ts';
import type { ByteRange } from '../../../shared/disk/reading.ts';
import type { WorkerPool } from '../../../shared/disk/worker-pool.ts';
import { blockCount, digestBytes, pageBytes, pieceBytes, pieceDigestBytes } from '../../../shared/model/disk.ts';
import { isZeroAt, runsOf } from '../store/digests.ts';
import type { Donor } from './donor.ts';
import type { PrefixIndex } from './prefix-index.ts';
import { Savings } from './savings.ts';

/** Where a piece may be found: bytes from the start of a donor's file. */
export interface PieceMatch {
  readonly donor: Donor;
  readonly at: number;
}

interface DonorPieces {
  readonly donor: Donor;
  /** The number of its first piece among those of all donors. */
  readonly base: number;
  readonly pieces: number;
}

/**
 * How long copies wait for the reading of donors, in milliseconds; a huge donor is not worth more.
 */
const patienceMs = 30_000;

/** The disk that probably holds the block whose digest begins at byte `at`. */
export type Holder = (digests: Uint8Array, at: number) => Donor | undefined;

/**
 * Finds which disk holds a piece, by the first 8 bytes of its digest. A donor is read once, at the
 * first search, without zeros and blocks that another donor has.
 */
export class Pieces {
  /** What was saved by asking for pieces that donors may have. */
  readonly savings = new Savings();
  readonly #workers: WorkerPool;
  readonly #holder: Holder;
  readonly #index: PrefixIndex;
  readonly #spans = new Map<Donor, DonorPieces>();
  #next = 0;
  #learning: Promise<void> = Promise.resolve();
  /** The reading of the donors that existed at the first search. */
  #first: Promise<void> | undefined;
  #unread = 0;
  #begun = 0;

  constructor(workers: WorkerPool, index: PrefixIndex, holder: Holder) {
    this.#workers = workers;
    this.#holder = holder;
    this.#index = index;
  }

  /**
   * Reads new donors; returns whether all are read. The first ones are awaited up to a limit; later
   * ones are read in the background.
   */
  async learn(donors: readonly Donor[]): Promise<boolean> {
    for (const donor of donors) {
      if (this.#spans.has(donor)) continue;
      const pieces = Math.ceil(donor.shape.size / pieceBytes);
      if (this.#next + pieces > 2 ** 32 - 2) continue;
      const span = { donor, base: this.#next, pieces };
      this.#next += pieces;
      this.#spans.set(donor, span);
      if (this.#unread === 0) this.#begun = performance.now();
      this.#unread += 1;
      this.#learning = this.#learning.then(async () => {
        await donor.inUse.run(() => this.#read(span)).catch(() => this.forget(donor));
        this.#unread -= 1;
      });
    }
    this.#first ??= this.#learning;
    const left = this.#begun + patienceMs - performance.now();
    if (this.#unread > 0 && left > 0) await within(left, this.#first);
    return this.#unread === 0;
  }

  /** The donor has changed, or is a donor no more. */
  forget(donor: Donor): void {
    this.#spans.delete(donor);
    if (this.#spans.size > 0) return;
    this.#index.clear();
    this.#first = undefined;
  }

  /** Where the piece may be found whose name begins at byte `at`. */
  find(names: Uint8Array, at: number): PieceMatch | undefined {
    const place = this.#index.find(names, at);
    if (place === undefined) return undefined;
    for (const { donor, base, pieces } of this.#spans.values())
      if (place >= base && place < base + pieces) return { donor, at: (place - base) * pieceBytes };
    return undefined;
  }

  async #read({ donor, base }: DonorPieces): Promise<void> {
    const { size, blockSize, algorithm } = donor.shape;
    const step = Math.max(1, pageBytes / blockSize);
    const blocks = blockCount(size, blockSize);
    const pages = Array.from({ length: Math.ceil(blocks / step) }, (_, page) => page * step);
    await inParallel(pages, this.#workers.size, async (first) => {
      if (!this.#spans.has(donor)) return;
      const count = Math.min(step, blocks - first);
      const digests = await donor.digests(first, count);
      const places = Array.from({ length: count }, (_, place) => place).filter(
        (place) => !isZeroAt(digests, place) && !this.#isRead(digests, place, donor),
      );
      if (places.length === 0) return;
      const ranges = runsOf(places).map(([from, to]): ByteRange => {
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

  /** Whether another donor that was read has the same block, and so its pieces. */
  #isRead(digests: Uint8Array, place: number, donor: Donor): boolean {
    const holder = this.#holder(digests, place * digestBytes);
    return holder !== undefined && holder !== donor && this.#spans.has(holder);
  }
}

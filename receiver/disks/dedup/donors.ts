import { giveBack } from '../../../shared/disk/give-back.ts';
import type { WorkerPool } from '../../../shared/disk/worker-pool.ts';
import { blockCount, digestBytes, isZero } from '../../../shared/model/disk.ts';
import { Budget } from '../store/budget.ts';
import { isSameAt, isZeroAt } from '../store/digests.ts';
import type { Donor } from './donor.ts';
import { Pieces } from './pieces.ts';
import { PrefixIndex } from './prefix-index.ts';

/** Where a wanted block may be found; it MUST be read and checked before it is used. */
export interface DonorMatch {
  /** Its place among the wanted blocks. */
  readonly place: number;
  readonly donor: Donor;
  readonly block: number;
}

/**
 * The last match of a disk: the donor's block n is our block n less `shift`. The next blocks most
 * often match the same donor's next blocks.
 */
export interface LastMatch {
  donor: Donor | null;
  shift: number;
}

/** A donor with its numbers in the index. */
interface DonorBlocks {
  readonly donor: Donor;
  /** The number of its first block among those of all donors. */
  readonly base: number;
  readonly blocks: number;
}

/** How far around a match other blocks are compared, in blocks. */
const reach = 64;

/** Blocks of a donor that are learned at once. */
const stretchBlocks = 8 * 1024;

/** Places are numbered by 32 bits. */
const mostPlaces = 2 ** 32 - 2;

/** Memory for an index: each block of 192 GiB of distinct data, or a sample of more. */
const usualBytes = 32 * 1024 * 1024;

/**
 * Finds by its digest which disk holds a block. An index serves one peer and one project, so that
 * no answer reveals another tenant's data.
 */
export class Donors {
  readonly #index: PrefixIndex;
  readonly #spans: DonorBlocks[] = [];
  /** Digests that are being pulled; each resolves when it has arrived. */
  readonly #coming = new Map<string, Promise<void>>();
  #next = 0;

  readonly pieces: Pieces;

  /**
   * `mostBytes`: of each of the two indexes, a power of two. `memory`: shared with other tenants.
   */
  constructor(workers: WorkerPool, mostBytes: number = usualBytes, memory: Budget = new Budget(2 * mostBytes)) {
    this.#index = new PrefixIndex(mostBytes, memory);
    this.pieces = new Pieces(workers, new PrefixIndex(mostBytes, memory), (digests, at) => {
      const place = this.#index.find(digests, at);
      return place === undefined ? undefined : this.#spanAt(place)?.donor;
    });
  }

  /** The donors that are complete. */
  whole(): readonly Donor[] {
    return this.#spans.flatMap(({ donor }) => (donor.whole ? [donor] : []));
  }

  /** Makes a disk a donor; `learn` adds its blocks. */
  add(donor: Donor): void {
    const blocks = blockCount(donor.shape.size, donor.shape.blockSize);
    if (this.#next + blocks > mostPlaces || this.#spanOf(donor) !== undefined) return;
    this.#spans.push({ donor, base: this.#next, blocks });
    this.#next += blocks;
  }

  /** Removes a donor; its entries in the index match nothing from now on. */
  remove(donor: Donor): void {
    const at = this.#spans.findIndex((span) => span.donor === donor);
    if (at >= 0) this.#spans.splice(at, 1);
    if (this.#spans.length === 0) this.#index.clear();
    this.pieces.forget(donor);
  }

  /** Learns the blocks of a donor from block `first` on; zeros are left out. */
  learn(donor: Donor, first: number, digests: Uint8Array): void {
    const span = this.#spanOf(donor);
    if (span === undefined) return;
    for (let at = 0, block = first; at < digests.length; at += digestBytes, block += 1)
      if (!isZeroAt(digests, at / digestBytes)) this.#index.add(digests, at, span.base + block);
  }

  /** Makes a disk a donor and learns all its blocks; ends early where it is removed. */
  async addAll(donor: Donor): Promise<void> {
    this.add(donor);
    const blocks = blockCount(donor.shape.size, donor.shape.blockSize);
    for (let first = 0; first < blocks && this.#spanOf(donor) !== undefined; first += stretchBlocks) {
      const digests = Buffer.from(await donor.digests(first, Math.min(stretchBlocks, blocks - first)));
      if (isZero(digests)) continue;
      for (let place = 0; place * digestBytes < digests.length; place += 1)
        if (!donor.holds(first + place)) digests.fill(0, place * digestBytes, (place + 1) * digestBytes);
      this.learn(donor, first, digests);
      giveBack(digests);
    }
  }

  /**
   * Looks for the blocks of `places` among consecutive digests; `first` is the block of place 0.
   * Looks beside `lastMatch` first, and updates it.
   */
  async find(first: number, digests: Uint8Array, places: readonly number[], lastMatch: LastMatch): Promise<DonorMatch[]> {
    const found: DonorMatch[] = [];
    let rest = [...places];
    let most = 0;
    const follow = async (span: DonorBlocks, shift: number, near: number): Promise<void> => {
      const [hits, misses] = await this.#compare(span, shift, first, digests, rest, near);
      found.push(...hits);
      rest = misses;
      // The donor of most blocks of a page stays the last match; a single other block does not
      // change it.
      if (hits.length > most) Object.assign(lastMatch, { donor: span.donor, shift });
      most = Math.max(most, hits.length);
    };
    const last = lastMatch.donor === null ? undefined : this.#spanOf(lastMatch.donor);
    if (last !== undefined && rest.length > 0) await follow(last, lastMatch.shift, rest[0] ?? 0);
    for (let place = rest[0]; place !== undefined; place = rest.find((other) => other > (place as number))) {
      const seen = this.#index.find(digests, place * digestBytes);
      const span = seen === undefined ? undefined : this.#spanAt(seen);
      if (seen !== undefined && span !== undefined) await follow(span, seen - span.base - first - place, place);
    }
    return found;
  }

  /**
   * Resolves when a digest that is being pulled has arrived; undefined where none is. The caller
   * MUST NOT hold anything that others wait for.
   */
  coming(digest: Uint8Array): Promise<void> | undefined {
    return this.#coming.get(keyOf(digest));
  }

  /** Marks digests as being pulled, until the returned function is called. */
  expect(digests: readonly Uint8Array[]): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const keys = digests.map(keyOf);
    for (const key of keys) this.#coming.set(key, promise);
    return () => {
      for (const key of keys) if (this.#coming.get(key) === promise) this.#coming.delete(key);
      resolve();
    };
  }

  /** Compares the places around `near` with the donor's blocks at the same distance. */
  async #compare(
    { donor, blocks }: DonorBlocks,
    shift: number,
    first: number,
    digests: Uint8Array,
    places: readonly number[],
    near: number,
  ): Promise<[DonorMatch[], number[]]> {
    const low = Math.max(near - reach, -first - shift, 0);
    const high = Math.min(near + reach, blocks - first - shift, digests.length / digestBytes);
    if (high <= low) return [[], [...places]];
    const theirs = await donor.digests(first + shift + low, high - low);
    const hits: DonorMatch[] = [];
    const misses: number[] = [];
    for (const place of places) {
      const block = first + shift + place;
      const same = place >= low && place < high && isSameAt(digests, place, theirs, place - low) && donor.holds(block);
      if (same) hits.push({ place, donor, block });
      else misses.push(place);
    }
    return [hits, misses];
  }

  #spanOf(donor: Donor): DonorBlocks | undefined {
    return this.#spans.find((span) => span.donor === donor);
  }

  #spanAt(place: number): DonorBlocks | undefined {
    return this.#spans.find(({ base, blocks }) => place >= base && place < base + blocks);
  }
}

function keyOf(digest: Uint8Array): string {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).toString('latin1');
}

import { giveBack } from '../../../shared/disk/give-back.ts';
import type { WorkerPool } from '../../../shared/disk/worker-pool.ts';
import { blockCount, digestBytes } from '../../../shared/model/disk.ts';
import { isSameAt, isZeroAt } from '../store/digests.ts';
import type { Donor } from './donor.ts';
import { Pieces } from './pieces.ts';
import { IndexMemory, PrefixIndex } from './prefix-index.ts';

/** Where a wanted block may be found: to be read and checked before it is used. */
export interface DonorMatch {
  /** Its place among those that were asked for. */
  readonly place: number;
  readonly donor: Donor;
  readonly block: number;
}

/**
 * Remembers how one disk lies to a donor: block n there is our block n less `shift`. What is next
 * to a find is most often found next to it.
 */
export interface Trail {
  donor: Donor | null;
  shift: number;
}

interface Shelf {
  readonly donor: Donor;
  /** The number of its first block among those of all donors. */
  readonly base: number;
  readonly blocks: number;
}

/** How far around a find its neighbours are looked at, in blocks. */
const reach = 64;

/** Blocks of a donor that are learned at once. */
const stretchBlocks = 32 * 1024;

/** Places are numbered by 32 bits. */
const mostPlaces = 2 ** 32 - 2;

/**
 * Memory for an index: every block of 192 GiB of data that is nowhere twice, or a sample of more.
 */
const usualBytes = 32 * 1024 * 1024;

/**
 * Which disk of ours holds a block of some digest. One index serves the disks of one peer that go
 * to one project, and never another's, so that no answer tells what somebody else has.
 */
export class Donors {
  readonly #index: PrefixIndex;
  readonly #shelves: Shelf[] = [];
  /** Digests that are on their way, and when they have come. */
  readonly #coming = new Map<string, Promise<void>>();
  #next = 0;

  readonly pieces: Pieces;

  /**
   * `mostBytes` for each of the two indexes, a power of two, out of a memory that may be shared
   * with other tenants.
   */
  constructor(workers: WorkerPool, mostBytes: number = usualBytes, memory: IndexMemory = new IndexMemory(2 * mostBytes)) {
    this.#index = new PrefixIndex(mostBytes, memory);
    this.pieces = new Pieces(workers, new PrefixIndex(mostBytes, memory), (digests, at) => {
      const place = this.#index.find(digests, at);
      return place === undefined ? undefined : this.#shelfAt(place)?.donor;
    });
  }

  /** The donors of which everything is there. */
  whole(): readonly Donor[] {
    return this.#shelves.flatMap(({ donor }) => (donor.whole ? [donor] : []));
  }

  /** Makes a disk a donor; `learn` tells what it holds. */
  add(donor: Donor): void {
    const blocks = blockCount(donor.shape.size, donor.shape.blockSize);
    if (this.#next + blocks > mostPlaces || this.#shelfOf(donor) !== undefined) return;
    this.#shelves.push({ donor, base: this.#next, blocks });
    this.#next += blocks;
  }

  /** The disk is none any more; what points to it finds nothing. */
  remove(donor: Donor): void {
    const at = this.#shelves.findIndex((shelf) => shelf.donor === donor);
    if (at >= 0) this.#shelves.splice(at, 1);
    if (this.#shelves.length === 0) this.#index.clear();
    this.pieces.forget(donor);
  }

  /** Remembers what a donor holds from block `first` on; blocks of zeros need no donor. */
  learn(donor: Donor, first: number, digests: Uint8Array): void {
    const shelf = this.#shelfOf(donor);
    if (shelf === undefined) return;
    for (let at = 0, block = first; at < digests.length; at += digestBytes, block += 1)
      if (!isZeroAt(digests, at / digestBytes)) this.#index.add(digests, at, shelf.base + block);
  }

  /** Makes a disk a donor and learns all it holds. */
  async addAll(donor: Donor): Promise<void> {
    this.add(donor);
    const blocks = blockCount(donor.shape.size, donor.shape.blockSize);
    for (let first = 0; first < blocks; first += stretchBlocks) {
      const digests = Buffer.from(await donor.digests(first, Math.min(stretchBlocks, blocks - first)));
      for (let place = 0; place * digestBytes < digests.length; place += 1)
        if (!donor.holds(first + place)) digests.fill(0, place * digestBytes, (place + 1) * digestBytes);
      this.learn(donor, first, digests);
      giveBack(digests);
    }
  }

  /**
   * Looks for blocks of consecutive digests, those of `places`; `first` is the block that place 0
   * is of. Follows `trail`, and lays it for the next.
   */
  async find(first: number, digests: Uint8Array, places: readonly number[], trail: Trail): Promise<DonorMatch[]> {
    const found: DonorMatch[] = [];
    let rest = [...places];
    let most = 0;
    const follow = async (shelf: Shelf, shift: number, near: number): Promise<void> => {
      const [hits, misses] = await this.#compare(shelf, shift, first, digests, rest, near);
      found.push(...hits);
      rest = misses;
      // Of the rest of a page that another disk has only a block of, most is still where it was:
      // what is read together stays together, also in memory.
      if (hits.length > most) Object.assign(trail, { donor: shelf.donor, shift });
      most = Math.max(most, hits.length);
    };
    const last = trail.donor === null ? undefined : this.#shelfOf(trail.donor);
    if (last !== undefined && rest.length > 0) await follow(last, trail.shift, rest[0] ?? 0);
    for (let place = rest[0]; place !== undefined; place = rest.find((other) => other > (place as number))) {
      const seen = this.#index.find(digests, place * digestBytes);
      const shelf = seen === undefined ? undefined : this.#shelfAt(seen);
      if (seen !== undefined && shelf !== undefined) await follow(shelf, seen - shelf.base - first - place, place);
    }
    return found;
  }

  /**
   * When a digest that somebody pulls already has come, or undefined; who waits MUST have nothing
   * that others wait for.
   */
  coming(digest: Uint8Array): Promise<void> | undefined {
    return this.#coming.get(keyOf(digest));
  }

  /**
   * Says that digests are being pulled; the returned function says that they have come, or never
   * will.
   */
  expect(digests: readonly Uint8Array[]): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const keys = digests.map(keyOf);
    for (const key of keys) this.#coming.set(key, promise);
    return () => {
      for (const key of keys) if (this.#coming.get(key) === promise) this.#coming.delete(key);
      resolve();
    };
  }

  /** Compares the places around `near` with a donor's blocks that lie so far from them. */
  async #compare(
    { donor, blocks }: Shelf,
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

  #shelfOf(donor: Donor): Shelf | undefined {
    return this.#shelves.find((shelf) => shelf.donor === donor);
  }

  #shelfAt(place: number): Shelf | undefined {
    return this.#shelves.find(({ base, blocks }) => place >= base && place < base + blocks);
  }
}

function keyOf(digest: Uint8Array): string {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).toString('latin1');
}

import { Budget } from '../store/budget.ts';

/** Bytes of one entry: 32 bits of a digest, and where it was seen. */
const entryBytes = 8;

/** Entries are spread so that a search ends soon: at most three places in four are taken. */
const fullness = 0.75;

const smallest = 4096;

/** Slots of the table before that each addition moves: done long before the new table is full. */
const movedAtOnce = 16;

/**
 * A bounded table from 32 bits of a digest to its place, below 2^32, which the caller MUST check. A
 * full table keeps a sample of one digest in two, four, and so on.
 */
export class PrefixIndex {
  readonly #most: number;
  readonly #memory: Budget;
  /** Pairs: 32 bits of the digest, and the place plus one; zero is an empty entry. */
  #table = new Uint32Array(smallest * 2);
  /** The table before, while its entries move; `#moved`: the first that has not. */
  #old: Uint32Array | null = null;
  #moved = 0;
  #count = 0;
  /** Only digests whose highest `rate` bits are zeros are kept. */
  #rate = 0;

  /** `mostBytes`: a power of two. `memory`: shared with others, beside 32 KiB of each index. */
  constructor(mostBytes: number, memory: Budget = new Budget(mostBytes)) {
    this.#most = Math.max(smallest, mostBytes / entryBytes);
    this.#memory = memory;
  }

  /** Bytes the table takes now. */
  get bytes(): number {
    return this.#table.byteLength;
  }

  /** The ratio of the sample: one digest in so many is kept. */
  get oneOf(): number {
    return 2 ** this.#rate;
  }

  /** Whether a digest belongs to the sample. */
  keeps(digest: Uint8Array, at: number): boolean {
    return this.#isKept(prefixAt(digest, at));
  }

  /** Notes the place of the digest that begins at byte `at`; the first place of a digest stays. */
  add(digest: Uint8Array, at: number, place: number): void {
    const prefix = prefixAt(digest, at);
    if (!this.#isKept(prefix)) return;
    if (this.#count >= this.#slots * fullness) this.#makeRoom();
    if (this.#old !== null) this.#move(movedAtOnce);
    if (this.#isKept(prefix)) this.#put(prefix, placeIn(this.#old, prefix) ?? place + 1);
  }

  /** The probable place of a digest; undefined where it is unknown or not in the sample. */
  find(digest: Uint8Array, at: number): number | undefined {
    const prefix = prefixAt(digest, at);
    const place = placeIn(this.#table, prefix) ?? placeIn(this.#old, prefix);
    return place === undefined ? undefined : place - 1;
  }

  /** Empties the table, and returns its memory. */
  clear(): void {
    this.#memory.giveBack(this.#table.byteLength - smallest * entryBytes);
    this.#table = new Uint32Array(smallest * 2);
    this.#old = null;
    this.#count = 0;
    this.#rate = 0;
  }

  get #slots(): number {
    return this.#table.length / 2;
  }

  #isKept(prefix: number): boolean {
    return this.#rate === 0 || prefix >>> (32 - this.#rate) === 0;
  }

  #put(prefix: number, place: number): void {
    const mask = this.#slots - 1;
    let slot = prefix & mask;
    while (this.#table[slot * 2 + 1] !== 0) {
      if (this.#table[slot * 2] === prefix) return;
      slot = (slot + 1) & mask;
    }
    this.#table[slot * 2] = prefix;
    this.#table[slot * 2 + 1] = place;
    this.#count += 1;
  }

  /**
   * Begins a larger table, or a smaller sample. The entries move with the next additions: moving
   * millions of them at once would keep everybody waiting.
   */
  #makeRoom(): void {
    if (this.#old !== null) this.#move(Number.POSITIVE_INFINITY);
    const before = this.#table;
    if (this.#slots < this.#most && this.#memory.take(before.byteLength)) this.#table = new Uint32Array(before.length * 2);
    else {
      this.#rate += 1;
      this.#table = new Uint32Array(before.length);
    }
    this.#count = 0;
    this.#old = before;
    this.#moved = 0;
  }

  /** Moves entries of so many slots from the table before. */
  #move(slots: number): void {
    const old = this.#old ?? this.#table;
    const end = Math.min(old.length, this.#moved + slots * 2);
    for (let at = this.#moved; at < end; at += 2) {
      const prefix = old[at] ?? 0;
      const place = old[at + 1] ?? 0;
      if (place !== 0 && this.#isKept(prefix)) this.#put(prefix, place);
    }
    this.#moved = end;
    if (end === old.length) this.#old = null;
  }
}

/** The place plus one that a table has for a prefix. */
function placeIn(table: Uint32Array | null, prefix: number): number | undefined {
  if (table === null) return undefined;
  const mask = table.length / 2 - 1;
  for (let slot = prefix & mask; ; slot = (slot + 1) & mask) {
    const place = table[slot * 2 + 1];
    if (place === 0 || place === undefined) return undefined;
    if (table[slot * 2] === prefix) return place;
  }
}

function prefixAt(digest: Uint8Array, at: number): number {
  return (((digest[at] ?? 0) << 24) | ((digest[at + 1] ?? 0) << 16) | ((digest[at + 2] ?? 0) << 8) | (digest[at + 3] ?? 0)) >>> 0;
}

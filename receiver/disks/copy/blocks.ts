import { Budget } from '../store/budget.ts';
import { ByteMap } from '../store/byte-map.ts';

/** Where the bytes of a block came from in this offer of the disk. */
export type BlockOrigin = 'zero' | 'reused' | 'copied' | 'pulled';

/** Blocks by where their bytes came from. */
export type HowMany = Readonly<Record<BlockOrigin, number>>;

/** Blocks of a stretch that are in the same state; `to` is the one behind the last. */
interface Alike {
  readonly from: number;
  readonly to: number;
  readonly isBlank: boolean;
  readonly isKnown: boolean;
  readonly isVerified: boolean;
  readonly how: BlockOrigin | undefined;
}

const known = 1;
const verified = 2;
const blank = 4;
const hows: readonly (BlockOrigin | undefined)[] = [undefined, 'zero', 'reused', 'copied', 'pulled'];
const howShift = 3;
const howMask = 7 << howShift;

/**
 * The state of each block, in one byte. Known: the file holds what the digest file names. Verified:
 * it was read back since. Blank: never written, so it is zeros.
 */
export class BlockStates {
  readonly length: number;
  readonly #flags: ByteMap;
  #known = 0;
  #counts: Record<BlockOrigin, number> = { zero: 0, reused: 0, copied: 0, pulled: 0 };

  /** `fresh`: the file was empty when it was opened. `memory`: shared with other disks. */
  constructor(length: number, fresh: boolean, memory: Budget = new Budget(Number.POSITIVE_INFINITY)) {
    this.length = length;
    this.#flags = new ByteMap(length, fresh ? blank : 0, memory);
  }

  isKnown(block: number): boolean {
    return (this.#flags.get(block) & known) !== 0;
  }

  isVerified(block: number): boolean {
    return (this.#flags.get(block) & verified) !== 0;
  }

  isBlank(block: number): boolean {
    return (this.#flags.get(block) & blank) !== 0;
  }

  how(block: number): BlockOrigin | undefined {
    return howOf(this.#flags.get(block));
  }

  counts(): HowMany {
    return { ...this.#counts };
  }

  /** Whether nothing was known when the copy was opened, or since. */
  get isEmpty(): boolean {
    return this.#known === 0;
  }

  /** Blocks that this offer found or made equal to their digests. */
  get done(): number {
    const { zero, reused, copied, pulled } = this.#counts;
    return zero + reused + copied + pulled;
  }

  /** The stretches of neighbours in the same state, in order. */
  *alike(first: number, count: number): Generator<Alike> {
    for (const { byte, from, to } of this.#flags.runs(first, first + count))
      yield {
        from,
        to,
        isBlank: (byte & blank) !== 0,
        isKnown: (byte & known) !== 0,
        isVerified: (byte & verified) !== 0,
        how: howOf(byte),
      };
  }

  /** The file holds what the digest file names: read from marks that are durable. */
  remember(first: number, count = 1): void {
    this.#fill(known, first, count);
  }

  /** A block matches this offer's digest; the digest file MUST have that digest already. */
  settle(block: number, how: BlockOrigin): void {
    const before = this.#flags.get(block);
    const kept = how === 'copied' || how === 'pulled' ? 0 : before & (verified | blank);
    this.#flags.set(block, kept | flagsOf(how));
    this.#count(before, kept | flagsOf(how), 1);
  }

  /** Blocks of zeros that were never written. */
  settleBlank(first: number, count: number): void {
    this.#fill(blank | flagsOf('zero'), first, count);
  }

  /** Blocks whose digests are zeros already match this offer, but for those that it has named. */
  findZeros(first: number, count: number): void {
    for (const { byte, from, to } of this.#flags.runs(first, first + count))
      if (howOf(byte) === undefined) this.#fill((byte & (verified | blank)) | flagsOf('zero'), from, to - from);
  }

  /** The bytes of some blocks were read back and match. */
  verify(first: number, count = 1): void {
    for (const { byte, from, to } of this.#flags.runs(first, first + count)) this.#flags.fill(byte | verified, from, to);
  }

  /** The contents of these blocks are unknown from now on. */
  forget(block: number): void {
    this.#fill(0, block, 1);
  }

  /** Every block is known and verified, so that the state of each takes no more memory. */
  seal(): void {
    this.#flags.settle(known | verified);
    this.#known = this.length;
  }

  /**
   * A new offer has named no block yet; known and verified blocks stay so. `trusted`: nobody else
   * wrote to the file meanwhile.
   */
  begin(trusted: boolean): void {
    const kept = trusted ? known | verified | blank : known;
    this.#flags.change((byte) => byte & kept);
    this.#counts = { zero: 0, reused: 0, copied: 0, pulled: 0 };
  }

  /** The first block that this offer has not named, or undefined. */
  unnamed(): number | undefined {
    if (this.done === this.length) return undefined;
    for (const { byte, from } of this.#flags.runs(0, this.length)) if (howOf(byte) === undefined) return from;
    return undefined;
  }

  /** Gives the memory back; the copy is closed. */
  close(): void {
    this.#flags.close();
  }

  #fill(byte: number, first: number, count: number): void {
    for (const { byte: before, from, to } of this.#flags.runs(first, first + count)) this.#count(before, byte, to - from);
    this.#flags.fill(byte, first, first + count);
  }

  #count(before: number, after: number, blocks: number): void {
    this.#known += blocks * ((after & known) - (before & known));
    const was = howOf(before);
    const is = howOf(after);
    if (was !== undefined) this.#counts[was] -= blocks;
    if (is !== undefined) this.#counts[is] += blocks;
  }
}

function flagsOf(how: BlockOrigin): number {
  return known | (hows.indexOf(how) << howShift);
}

function howOf(byte: number): BlockOrigin | undefined {
  return hows[(byte & howMask) >> howShift];
}

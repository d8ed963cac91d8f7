/** Where the bytes of a block came from in this offer of the disk. */
export type BlockOrigin = 'zero' | 'reused' | 'copied' | 'pulled';

/** Blocks by where their bytes came from. */
export type HowMany = Readonly<Record<BlockOrigin, number>>;

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
  readonly #flags: Uint8Array;
  #counts: Record<BlockOrigin, number> = { zero: 0, reused: 0, copied: 0, pulled: 0 };

  /** `fresh`: the file was empty when it was opened. */
  constructor(length: number, fresh: boolean) {
    this.length = length;
    this.#flags = new Uint8Array(length).fill(fresh ? blank : 0);
  }

  isKnown(block: number): boolean {
    return this.#has(block, known);
  }

  isVerified(block: number): boolean {
    return this.#has(block, verified);
  }

  isBlank(block: number): boolean {
    return this.#has(block, blank);
  }

  how(block: number): BlockOrigin | undefined {
    return hows[((this.#flags[block] ?? 0) & howMask) >> howShift];
  }

  counts(): HowMany {
    return { ...this.#counts };
  }

  /** Whether nothing was known when the copy was opened, or since. */
  get isEmpty(): boolean {
    return !this.#flags.some((flags) => (flags & known) !== 0);
  }

  /** Blocks that this offer found or made equal to their digests. */
  get done(): number {
    const { zero, reused, copied, pulled } = this.#counts;
    return zero + reused + copied + pulled;
  }

  /** The file holds what the digest file names: read from a mark that is durable. */
  remember(block: number): void {
    this.#flags[block] = known;
  }

  /** A block matches this offer's digest; the digest file MUST have that digest already. */
  settle(block: number, how: BlockOrigin): void {
    this.#count(block, how);
    const before = (this.#flags[block] ?? 0) & (how === 'copied' || how === 'pulled' ? 0 : verified | blank);
    this.#flags[block] = before | known | (hows.indexOf(how) << howShift);
  }

  /** Blocks of zeros that were never written. */
  settleBlank(first: number, count: number): void {
    for (let block = first; block < first + count; block += 1) this.#count(block, 'zero');
    this.#flags.fill(known | blank | (hows.indexOf('zero') << howShift), first, first + count);
  }

  /** The bytes of some blocks were read back and match. */
  verify(first: number, count = 1): void {
    for (let block = first; block < first + count; block += 1) this.#flags[block] = (this.#flags[block] ?? 0) | verified;
  }

  /** The contents of these blocks are unknown from now on. */
  forget(block: number): void {
    this.#count(block, undefined);
    this.#flags[block] = 0;
  }

  /**
   * A new offer has named no block yet; known and verified blocks stay so. `trusted`: nobody else
   * wrote to the file meanwhile.
   */
  begin(trusted: boolean): void {
    const kept = trusted ? known | verified | blank : known;
    for (let block = 0; block < this.length; block += 1) this.#flags[block] = (this.#flags[block] ?? 0) & kept;
    this.#counts = { zero: 0, reused: 0, copied: 0, pulled: 0 };
  }

  /** The first block that this offer has not named, or undefined. */
  unnamed(): number | undefined {
    if (this.done === this.length) return undefined;
    const block = this.#flags.findIndex((flags) => (flags & howMask) === 0);
    return block < 0 ? undefined : block;
  }

  #has(block: number, flag: number): boolean {
    return ((this.#flags[block] ?? 0) & flag) !== 0;
  }

  #count(block: number, how: BlockOrigin | undefined): void {
    const before = this.how(block);
    if (before !== undefined) this.#counts[before] -= 1;
    if (how !== undefined) this.#counts[how] += 1;
  }
}

import { setImmediate } from 'node:timers/promises';
import { Problem } from '../problem.ts';
import type { Extent } from './block-source.ts';

/** Groups that are counted before other work has its turn: some milliseconds. */
const pauseGroups = 1024;

/**
 * Which clusters of a disk hold anything, and where each comes among those that do. It takes one
 * bit for each cluster, however ragged the disk is: 2 MiB for a TiB of clusters of 64 KiB.
 */
export class Allocation {
  /** Allocated clusters. */
  readonly total: number;
  /** The groups that hold anything, in order. */
  readonly groups: readonly number[];
  readonly #bits: Uint8Array;
  readonly #perGroup: number;
  /** How many clusters are allocated before each group. */
  readonly #before: readonly number[];
  #recent: { readonly group: number; readonly places: readonly number[] } | null = null;

  private constructor(bits: Uint8Array, perGroup: number, { total, groups, before }: Counted) {
    this.#bits = bits;
    this.#perGroup = perGroup;
    this.total = total;
    this.groups = groups;
    this.#before = before;
  }

  /**
   * Marks every cluster that an extent with data touches. `perGroup` is a multiple of 8. Throws
   * E_BUG for extents that do not cover the disk in order: what they left out would be lost.
   */
  static async of(extents: AsyncIterable<Extent>, size: number, cluster: number, perGroup: number): Promise<Allocation> {
    const bits = new Uint8Array(Math.ceil(Math.ceil(size / cluster) / 8));
    let end = 0;
    for await (const { offset, length, zero } of extents) {
      if (offset !== end || length <= 0) throw new Problem('E_BUG', `An extent begins at ${offset}, where ${end} was expected.`);
      end = offset + length;
      if (!zero) mark(bits, Math.floor(offset / cluster), Math.ceil(end / cluster));
    }
    if (end !== size) throw new Problem('E_BUG', `The extents end at ${end}, the disk at ${size}.`);
    return new Allocation(bits, perGroup, await counted(bits, perGroup));
  }

  /** The allocated clusters of a group, counted from the group's first, in order. */
  places(group: number): readonly number[] {
    if (this.#recent?.group === group) return this.#recent.places;
    const places: number[] = [];
    const first = (group * this.#perGroup) / 8;
    for (const [at, byte] of this.#bits.subarray(first, first + this.#perGroup / 8).entries())
      for (let bit = 0; byte >> bit > 0; bit++) if ((byte >> bit) & 1) places.push(at * 8 + bit);
    this.#recent = { group, places };
    return places;
  }

  /** How many clusters are allocated before a group. */
  before(group: number): number {
    return this.#before[group] ?? this.total;
  }

  /**
   * The cluster that comes at a place among the allocated ones, and how many, `most` at most,
   * follow it on the disk without a gap.
   */
  run(place: number, most: number): { readonly cluster: number; readonly count: number } {
    let low = 0;
    let high = this.#before.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.before(middle) <= place) low = middle;
      else high = middle - 1;
    }
    const places = this.places(low);
    const at = place - this.before(low);
    const first = places[at] ?? 0;
    let count = 1;
    while (count < most && places[at + count] === first + count) count++;
    return { cluster: low * this.#perGroup + first, count };
  }
}

/** What is counted of all groups. */
interface Counted {
  readonly total: number;
  readonly groups: readonly number[];
  readonly before: readonly number[];
}

/** Bits that are set in a byte. */
const setIn = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

/** Counts what every group holds, with pauses: a large disk has tens of thousands. */
async function counted(bits: Uint8Array, perGroup: number): Promise<Counted> {
  const before: number[] = [];
  const groups: number[] = [];
  let total = 0;
  for (let group = 0; group * perGroup < bits.length * 8; group++) {
    let count = 0;
    for (const byte of bits.subarray((group * perGroup) / 8, ((group + 1) * perGroup) / 8)) count += setIn[byte] ?? 0;
    if (count > 0) groups.push(group);
    before.push(total);
    total += count;
    if (group % pauseGroups === 0) await setImmediate();
  }
  return { total, groups, before };
}

function mark(bits: Uint8Array, from: number, to: number): void {
  for (let cluster = from; cluster < to; ) {
    if (cluster % 8 === 0 && to - cluster >= 8) {
      const whole = Math.floor((to - cluster) / 8);
      bits.fill(0xff, cluster / 8, cluster / 8 + whole);
      cluster += whole * 8;
    } else {
      bits[cluster >>> 3] = (bits[cluster >>> 3] ?? 0) | (1 << (cluster % 8));
      cluster++;
    }
  }
}

import type { Instance } from './instance.ts';

/** Costs and constraints of sets of servers, each set being the bits of a number. */
export class Subsets {
  readonly #instance: Instance;
  /** By set: the weight of what is disturbed when exactly this set has moved. */
  readonly #rate: Float64Array;
  readonly #time: Float64Array;
  readonly #bytes: Float64Array;
  readonly #serviceMask: Int32Array;
  readonly #needs: Int32Array;
  readonly #groupMasks: readonly number[];

  constructor(instance: Instance) {
    const { size, members, groups, predecessors, before, down, bytes } = instance;
    this.#instance = instance;
    this.#serviceMask = Int32Array.from(members, maskOf);
    this.#groupMasks = groups.map(maskOf);
    this.#needs = Int32Array.from(predecessors, maskOf);
    const sets = 2 ** size;
    this.#rate = new Float64Array(sets);
    this.#time = new Float64Array(sets);
    this.#bytes = new Float64Array(sets);
    for (let set = 1; set < sets; set++) {
      const server = 31 - Math.clz32(set & -set);
      const rest = set & (set - 1);
      this.#time[set] = (this.#time[rest] as number) + (before[server] as number) + (down[server] as number);
      this.#bytes[set] = (this.#bytes[rest] as number) + (bytes[server] as number);
      this.#rate[set] = (this.#rate[rest] as number) + this.#cutBy(server, rest);
    }
    // Services are added last, for the cut of each set is computed from that of a smaller one.
    for (let set = 1; set < sets; set++) this.#rate[set] = (this.#rate[set] as number) + this.#open(set);
  }

  /** What moving a server costs after exactly this set; -1 where the constraints forbid it. */
  stepCost(set: number, server: number): number {
    const bit = 1 << server;
    if ((set & bit) !== 0 || ((this.#needs[server] as number) & ~set) !== 0) return -1;
    const { before, down, service, serviceWeight, lengthWeight } = this.#instance;
    for (const group of this.#groupMasks) if ((group & set) !== 0 && (group & ~set) !== 0 && (group & bit) === 0) return -1;
    const own = service[server] as number;
    const begins = ((this.#serviceMask[own] as number) & set) === 0;
    const time = (before[server] as number) + (down[server] as number);
    const rate = (this.#rate[set] as number) + lengthWeight;
    return rate * time + (begins ? (serviceWeight[own] as number) * (down[server] as number) : 0);
  }

  /** What the gap before the next wave costs after exactly this set. */
  gapCost(set: number): number {
    return ((this.#rate[set] as number) + this.#instance.lengthWeight) * this.#instance.gap;
  }

  /** Whether one wave can hold all servers between two sets. */
  fits(start: number, end: number): boolean {
    const { most, pause } = this.#instance;
    const sum = (sums: Float64Array): number => (sums[end] as number) - (sums[start] as number);
    return bits(end & ~start) <= most.servers && sum(this.#bytes) <= most.bytes && sum(this.#time) - pause <= most.window;
  }

  /** Whether only a part of a set that moves together is in this one. */
  hasTornGroup(set: number): boolean {
    return this.#groupMasks.some((group) => (group & set) !== 0 && (group & ~set) !== 0);
  }

  /** How much the cut grows when a server joins a set. */
  #cutBy(server: number, set: number): number {
    const { from, to, weight } = this.#instance;
    let sum = 0;
    for (let e = from[server] as number; e < (from[server + 1] as number); e++)
      sum += (set & (1 << (to[e] as number))) === 0 ? (weight[e] as number) : -(weight[e] as number);
    return sum;
  }

  #open(set: number): number {
    const { serviceWeight } = this.#instance;
    let sum = 0;
    for (let s = 0; s < this.#serviceMask.length; s++) {
      const mask = this.#serviceMask[s] as number;
      if ((mask & set) !== 0 && (mask & ~set) !== 0) sum += serviceWeight[s] as number;
    }
    return sum;
  }
}

function maskOf(servers: readonly number[]): number {
  return servers.reduce((mask, server) => mask | (1 << server), 0);
}

function bits(set: number): number {
  let count = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) count++;
  return count;
}

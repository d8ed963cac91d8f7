import type { Instance } from './instance.ts';
import { earliestTrack } from './tracks.ts';

/** Enumerates the waves that can follow a set of servers, in every order. */
export class WaveEnumerator {
  readonly #instance: Instance;
  readonly #start: number;
  readonly #wave: number[] = [];
  readonly #downAt: Float64Array;
  readonly #upAt: Float64Array;
  /** By server: the weight of its traffic with the servers before the wave, and with all. */
  readonly #behind: Float64Array;
  readonly #all: Float64Array;
  readonly #weights: readonly Float64Array[];

  constructor(instance: Instance, start: number) {
    const { size, from, to, weight } = instance;
    this.#instance = instance;
    this.#start = start;
    this.#downAt = new Float64Array(size);
    this.#upAt = new Float64Array(size);
    this.#behind = new Float64Array(size);
    this.#all = new Float64Array(size);
    this.#weights = Array.from({ length: size }, () => new Float64Array(size));
    for (let i = 0; i < size; i++)
      for (let e = from[i] as number; e < (from[i + 1] as number); e++) {
        const j = to[e] as number;
        const w = weight[e] as number;
        (this.#weights[i] as Float64Array)[j] = w;
        this.#all[i] = (this.#all[i] as number) + w;
        if (this.#has(this.#start, j)) this.#behind[i] = (this.#behind[i] as number) + w;
      }
  }

  /** Visits each wave with the set it reaches and its cost, the gap before it included. */
  explore(visit: (set: number, wave: readonly number[], cost: number) => void): void {
    const tracks = new Float64Array(Math.min(this.#instance.parallel, this.#instance.size));
    this.#extend(this.#start, tracks, 0, 0, visit);
  }

  #extend(
    set: number,
    tracks: Float64Array,
    length: number,
    bytes: number,
    visit: Parameters<WaveEnumerator['explore']>[0],
  ): void {
    const { size, before, down, most, pause, bytes: sizes } = this.#instance;
    for (let server = 0; server < size; server++) {
      if (!this.#mayFollow(set, server)) continue;
      const grown = tracks.slice();
      const track = earliestTrack(grown);
      const stop = (grown[track] as number) + (before[server] as number);
      const up = stop + (down[server] as number);
      const longer = Math.max(length, up);
      const more = bytes + (sizes[server] as number);
      if (longer - pause > most.window || more > most.bytes || this.#wave.length + 1 > most.servers) continue;
      grown[track] = up;
      this.#downAt[server] = stop;
      this.#upAt[server] = up;
      this.#wave.push(server);
      const next = set | (1 << server);
      if (!this.#instance.groups.some((group) => this.#isTorn(group, next))) visit(next, this.#wave, this.#cost(next, longer));
      this.#extend(next, grown, longer, more, visit);
      this.#wave.pop();
    }
  }

  #mayFollow(set: number, server: number): boolean {
    const { predecessors, groups, group } = this.#instance;
    if (this.#has(set, server)) return false;
    // In parallel, only servers of earlier waves are surely up before this one goes down.
    if (predecessors[server]?.some((first) => !this.#has(this.#start, first))) return false;
    return !groups.some((members, index) => this.#isTorn(members, set) && group[server] !== index);
  }

  /**
   * The cost of a wave: the traffic between servers before, in and after it, and the incomplete
   * services.
   */
  #cost(set: number, length: number): number {
    const { size, gap, members, serviceWeight, lengthWeight } = this.#instance;
    const lead = this.#start === 0 ? 0 : gap;
    let cost = lengthWeight * (lead + length);
    for (let i = 0; i < size; i++) {
      if (this.#has(this.#start, i)) continue;
      if (!this.#has(set, i)) {
        cost += (this.#behind[i] as number) * (lead + length);
        continue;
      }
      const up = this.#upAt[i] as number;
      let beyond = (this.#all[i] as number) - (this.#behind[i] as number);
      cost += (this.#behind[i] as number) * (lead + up);
      for (const j of this.#wave) {
        const w = this.#weights[i]?.[j] as number;
        beyond -= w;
        if (j > i) cost += w * Math.abs(up - (this.#upAt[j] as number));
      }
      cost += beyond * (length - up);
    }
    for (const [s, list] of members.entries()) cost += (serviceWeight[s] as number) * this.#openTime(list, set, lead, length);
    return cost;
  }

  /** How long a service is incomplete during a wave and the gap before it. */
  #openTime(members: readonly number[], set: number, lead: number, length: number): number {
    const behind = members.filter((i) => this.#has(this.#start, i)).length;
    const done = members.filter((i) => this.#has(set, i)).length;
    if (done === 0 || behind === members.length) return 0;
    const inside = members.filter((i) => this.#has(set, i) && !this.#has(this.#start, i));
    const end = done < members.length ? length : Math.max(...inside.map((i) => this.#upAt[i] as number));
    const begin = behind > 0 ? -lead : Math.min(...inside.map((i) => this.#downAt[i] as number));
    return end - begin;
  }

  #isTorn(members: readonly number[], set: number): boolean {
    return members.some((i) => this.#has(set, i)) && !members.every((i) => this.#has(set, i));
  }

  #has(set: number, server: number): boolean {
    return (set & (1 << server)) !== 0;
  }
}

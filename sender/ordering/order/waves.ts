import { ratesOf } from './disruption.ts';
import type { Instance } from './instance.ts';
import { impossible } from './instance.ts';
import type { Course } from './simulate.ts';

/** Adds servers to a wave one by one and tells whether it still keeps the limits. */
export class Wave {
  readonly #instance: Instance;
  readonly #lanes: Float64Array;
  readonly #inside: Set<number> = new Set();
  #bytes = 0;
  #length = 0;

  constructor(instance: Instance) {
    this.#instance = instance;
    this.#lanes = new Float64Array(Math.min(instance.parallel, Math.max(1, instance.size)));
  }

  /** Adds a server; false where the wave then breaks a limit, or holds a server that must wait for this wave's end. */
  add(server: number): boolean {
    const { before, down, bytes, most, parallel, predecessors, pause } = this.#instance;
    if (parallel > 1 && predecessors[server]?.some((first) => this.#inside.has(first))) return false;
    this.#inside.add(server);
    this.#bytes += bytes[server] as number;
    let lane = 0;
    const lanes = this.#lanes;
    for (let other = 1; other < lanes.length; other++) if ((lanes[other] as number) < (lanes[lane] as number)) lane = other;
    lanes[lane] = (lanes[lane] as number) + (before[server] as number) + (down[server] as number);
    this.#length = Math.max(this.#length, lanes[lane] as number);
    return this.#inside.size <= most.servers && this.#bytes <= most.bytes && this.#length - pause <= most.window;
  }
}

/** Whether a wave may end between two servers: sets that move together stay in one. */
export function mayEndBetween({ group }: Instance, last: number, next: number): boolean {
  return (group[last] as number) < 0 || group[last] !== group[next];
}

/**
 * Cuts an order into waves that keep the limits, where it disturbs least during the gap; among those as few as possible.
 * Without limits and where nothing moves in parallel a wave ends wherever no service is begun: those cuts cost nothing. Null where no cut keeps the limits.
 */
export function cutIntoWaves(instance: Instance, order: Int32Array): Course | null {
  const { size, gap, limited, parallel, lengthWeight } = instance;
  if (size === 0) return { order, ends: [] };
  const rates = ratesOf(instance, order);
  if (!limited && parallel === 1 && gap === 0) return { order, ends: naturalEnds(instance, order) };
  const best = new Float64Array(size + 1).fill(Number.POSITIVE_INFINITY);
  const count = new Int32Array(size + 1);
  const came = new Int32Array(size + 1).fill(-1);
  best[0] = 0;
  for (let start = 0; start < size; start++) {
    if (best[start] === Number.POSITIVE_INFINITY) continue;
    if (start > 0 && !mayEndBetween(instance, order[start - 1] as number, order[start] as number)) continue;
    // Where waves follow each other at once, a cut through a service is still worse than one beside it.
    const toll = start === 0 ? 0 : (rates[start] as number) * Math.max(1, gap) + lengthWeight * gap;
    const wave = new Wave(instance);
    for (let end = start + 1; end <= size && wave.add(order[end - 1] as number); end++) {
      const cost = (best[start] as number) + toll;
      const waves = (count[start] as number) + 1;
      const known = best[end] as number;
      if (cost > known || (cost === known && waves >= (count[end] as number))) continue;
      best[end] = cost;
      count[end] = waves;
      came[end] = start;
    }
  }
  if (best[size] === Number.POSITIVE_INFINITY) return null;
  const ends: number[] = [];
  for (let end = size; end > 0; end = came[end] as number) ends.unshift(end);
  return { order, ends };
}

/** The ends of waves of whole services. */
export function naturalEnds({ members, service, group, size }: Instance, order: Int32Array): number[] {
  const left = members.map((list) => list.length);
  let open = 0;
  const ends: number[] = [];
  for (const [p, server] of order.entries()) {
    const own = service[server] as number;
    if (left[own] === members[own]?.length) open++;
    left[own] = (left[own] as number) - 1;
    if (left[own] === 0) open--;
    const next = order[p + 1];
    const together = next !== undefined && (group[server] as number) >= 0 && group[server] === group[next];
    if (open === 0 && !together) ends.push(p + 1);
  }
  return size === 0 ? [] : ends;
}

/** Throws E_ORDER, with the servers' names, where a single server or a set that moves together breaks the limits of a wave. */
export function checkLimits(instance: Instance): void {
  const { size, groups, group, ids, parallel, predecessors } = instance;
  const alone = Array.from({ length: size }, (_, i) => i).filter((i) => (group[i] as number) < 0);
  for (const set of [...groups, ...alone.map((i) => [i])]) {
    const names = set.map((i) => ids[i]).join(', ');
    if (parallel > 1 && set.some((i) => predecessors[i]?.some((first) => set.includes(first))))
      throw impossible(
        `${names} move together in one wave, and one of them must be up before another goes down: not in parallel.`,
      );
    const wave = new Wave(instance);
    const fits = set.map((i) => wave.add(i)).every((kept) => kept);
    if (!fits)
      throw impossible(`${names} alone ${set.length > 1 ? 'are' : 'is'} more than a wave may hold.`, ids[set[0] as number]);
  }
}

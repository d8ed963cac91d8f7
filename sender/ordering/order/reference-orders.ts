import { seededRandom, shuffled } from '../math/random.ts';
import { instanceOf } from './build-instance.ts';
import type { Instance } from './instance.ts';
import type { OrderCost, OrderRequest } from './request.ts';
import { costInSeconds, simulate } from './simulate.ts';
import { topologicalOrder } from './topological-order.ts';
import { WaveCapacity } from './wave-capacity.ts';
import type { WaveSequence } from './wave-sequence.ts';

/**
 * What a given order costs, changed as little as the constraints require; waves are filled up to
 * their limits.
 */
export function costOfOrder(request: OrderRequest, ids: readonly string[]): OrderCost {
  const instance = instanceOf(request);
  const place = new Map(ids.map((id, index) => [id, index]));
  return costOf(
    instance,
    topologicalOrder(instance, (i) => place.get(instance.ids[i] as string) ?? ids.length),
  );
}

/** What random orders cost that keep the constraints, in the order in which they were drawn. */
export function costsOfRandomOrders(request: OrderRequest, count: number, seed: number): OrderCost[] {
  const instance = instanceOf(request);
  const random = seededRandom(seed);
  const free = instance.groups.length === 0 && instance.predecessors.every((list) => list.length === 0);
  const all = Array.from({ length: instance.size }, (_, index) => index);
  return Array.from({ length: count }, () => {
    const order = Int32Array.from(shuffled(all, random));
    if (free) return costOf(instance, order);
    return costOf(
      instance,
      topologicalOrder(instance, (i) => order[i] as number),
    );
  });
}

function costOf(instance: Instance, order: Int32Array): OrderCost {
  return costInSeconds(instance, simulate(instance, fillWaves(instance, order)));
}

/** Fills wave after wave without splitting sets that move together. */
function fillWaves(instance: Instance, order: Int32Array): WaveSequence {
  const { group, size } = instance;
  const ends: number[] = [];
  let wave = new WaveCapacity(instance);
  for (let at = 0; at < size; ) {
    const own = group[order[at] as number] as number;
    let next = at + 1;
    while (own >= 0 && next < size && group[order[next] as number] === own) next++;
    const set = order.subarray(at, next);
    if (!set.every((server) => wave.add(server))) {
      if (at > 0) ends.push(at);
      wave = new WaveCapacity(instance);
      for (const server of set) wave.add(server);
    }
    at = next;
  }
  return { order, ends: size === 0 ? [] : [...ends, size] };
}

import { randomOf, shuffled } from '../math/random.ts';
import { type Instance, instanceOf } from './instance.ts';
import type { Cost, Question } from './request.ts';
import { type Course, explain, play } from './simulate.ts';
import { sortedBy } from './topological-order.ts';
import { Wave } from './waves.ts';

/**
 * What an order costs that somebody would type: its servers as near to it as the constraints allow, every wave filled as far as the limits let it,
 * one wave where there are none.
 */
export function costOfOrder(question: Question, ids: readonly string[]): Cost {
  const instance = instanceOf(question);
  const place = new Map(ids.map((id, index) => [id, index]));
  return costOf(
    instance,
    sortedBy(instance, (i) => place.get(instance.ids[i] as string) ?? ids.length),
  );
}

/** What so many orders cost that are drawn at random among those that keep the constraints, in the order in which they were drawn. */
export function costsOfRandomOrders(question: Question, count: number, seed: number): Cost[] {
  const instance = instanceOf(question);
  const random = randomOf(seed);
  const free = instance.groups.length === 0 && instance.predecessors.every((list) => list.length === 0);
  const all = Array.from({ length: instance.size }, (_, index) => index);
  return Array.from({ length: count }, () => {
    const order = Int32Array.from(shuffled(all, random));
    if (free) return costOf(instance, order);
    return costOf(
      instance,
      sortedBy(instance, (i) => order[i] as number),
    );
  });
}

function costOf(instance: Instance, order: Int32Array): Cost {
  return explain(instance, play(instance, filled(instance, order)));
}

/** Fills wave after wave; sets that move together stay whole. */
function filled(instance: Instance, order: Int32Array): Course {
  const { group, size } = instance;
  const ends: number[] = [];
  let wave = new Wave(instance);
  for (let at = 0; at < size; ) {
    const own = group[order[at] as number] as number;
    let next = at + 1;
    while (own >= 0 && next < size && group[order[next] as number] === own) next++;
    const set = order.subarray(at, next);
    if (!set.every((server) => wave.add(server))) {
      if (at > 0) ends.push(at);
      wave = new Wave(instance);
      for (const server of set) wave.add(server);
    }
    at = next;
  }
  return { order, ends: size === 0 ? [] : [...ends, size] };
}

import type { Instance } from './instance.ts';

/**
 * What is disturbed before each position of an order: the weight of the services that have begun
 * and are not finished, and of the traffic between moved and unmoved servers.
 */
export function disruptionRates(instance: Instance, order: Int32Array): Float64Array {
  const { size, from, to, weight, members, serviceWeight } = instance;
  const position = positionsOf(order);
  const steps = new Float64Array(size + 2);
  const span = (first: number, last: number, amount: number): void => {
    steps[first + 1] = (steps[first + 1] as number) + amount;
    steps[last + 1] = (steps[last + 1] as number) - amount;
  };
  for (let i = 0; i < size; i++) {
    const own = position[i] as number;
    for (let e = from[i] as number; e < (from[i + 1] as number); e++) {
      const other = position[to[e] as number] as number;
      if (other > own) span(own, other, weight[e] as number);
    }
  }
  for (let s = 0; s < members.length; s++) {
    let first = size;
    let last = -1;
    for (const member of members[s] as readonly number[]) {
      const at = position[member] as number;
      if (at < first) first = at;
      if (at > last) last = at;
    }
    span(first, last, serviceWeight[s] as number);
  }
  for (let p = 1; p <= size; p++) steps[p] = (steps[p] as number) + (steps[p - 1] as number);
  return steps.subarray(0, size + 1);
}

/** The position of each server in an order. */
export function positionsOf(order: Int32Array): Int32Array {
  const position = new Int32Array(order.length);
  for (let p = 0; p < order.length; p++) position[order[p] as number] = p;
  return position;
}

import type { Random } from '../math/random.ts';
import type { Instance } from './instance.ts';
import type { SequentialOrder } from './sequential-order.ts';

/**
 * The steps that a search may still take. Steps and not time, so that the result is the same on
 * every machine.
 */
export interface SearchBudget {
  left: number;
}

/**
 * Moves servers, sets and services to their best slots until nothing improves or the budget is
 * spent.
 */
export function localSearch(
  instance: Instance,
  sequential: SequentialOrder,
  budget: SearchBudget,
  begin?: readonly number[],
): void {
  const { size, from, to, members, groups } = instance;
  const waiting: number[] = begin === undefined ? Array.from({ length: size }, (_, i) => i) : [...begin];
  const queued = new Uint8Array(size);
  for (const server of waiting) queued[server] = 1;
  const wake = (server: number): void => {
    if (queued[server] === 1) return;
    queued[server] = 1;
    waiting.push(server);
  };
  let head = 0;
  for (let round = 0; budget.left > 0; round++) {
    for (; head < waiting.length && budget.left > 0; head++) {
      const server = waiting[head] as number;
      queued[server] = 0;
      const at = sequential.positionOf(server);
      if (!moveToBestSlot(instance, sequential, budget, at, at + 1)) continue;
      for (let e = from[server] as number; e < (from[server + 1] as number); e++) wake(to[e] as number);
      for (const near of [at - 1, at, sequential.positionOf(server) - 1, sequential.positionOf(server) + 1])
        if (near >= 0 && near < size) wake(sequential.order[near] as number);
    }
    if (begin !== undefined && round > 0) return;
    const moved = [...groups, ...members].filter((set) => set.length > 1 && moveSetToBestSlot(instance, sequential, budget, set));
    if (moved.length === 0) return;
    for (const server of moved.flat()) wake(server);
  }
}

/** Moves a set of servers to its best slot if they are adjacent. */
function moveSetToBestSlot(
  instance: Instance,
  sequential: SequentialOrder,
  budget: SearchBudget,
  set: readonly number[],
): boolean {
  const places = set.map((server) => sequential.positionOf(server));
  const first = Math.min(...places);
  if (Math.max(...places) - first + 1 !== set.length || !keepsGroupsWhole(instance, sequential, first, first + set.length))
    return false;
  return moveToBestSlot(instance, sequential, budget, first, first + set.length);
}

/** Moves a segment to its best slot, if there is a better one. */
export function moveToBestSlot(
  instance: Instance,
  sequential: SequentialOrder,
  budget: SearchBudget,
  p: number,
  q: number,
): boolean {
  // The search passes over the order a few times.
  budget.left -= 4 * instance.size;
  const better = sequential.bestSlot(p, q);
  if (better === null) return false;
  sequential.move(p, q, better.slot);
  budget.left -= instance.size + instance.to.length;
  return true;
}

/**
 * Moves a random segment to a random slot if the constraints allow it. Returns the servers with a
 * new neighbour.
 */
export function perturb(instance: Instance, sequential: SequentialOrder, random: Random): number[] {
  const { size } = instance;
  const longest = Math.max(1, Math.min(40, Math.floor(size / 3)));
  const p = random.below(size);
  const q = Math.min(size, p + 1 + random.below(longest));
  const slot = random.below(size - (q - p) + 1);
  if (!keepsGroupsWhole(instance, sequential, p, q) || !sequential.allows(p, q, slot)) return [];
  const moved = Array.from(sequential.order.subarray(p, q));
  const seams = [p - 1, q, slot - 1, slot, slot + q - p].flatMap((at) =>
    at >= 0 && at < size ? [sequential.order[at] as number] : [],
  );
  sequential.move(p, q, slot);
  return [...new Set([...moved, ...seams])];
}

/** Whether a segment splits no set that moves together, or lies inside one. */
function keepsGroupsWhole({ group, groups }: Instance, sequential: SequentialOrder, p: number, q: number): boolean {
  if (groups.length === 0) return true;
  const { order } = sequential;
  const groupAt = (at: number): number => (at < 0 || at >= order.length ? -1 : (group[order[at] as number] as number));
  const torn = (groupAt(p) >= 0 && groupAt(p) === groupAt(p - 1)) || (groupAt(q) >= 0 && groupAt(q) === groupAt(q - 1));
  if (!torn) return true;
  for (let at = p; at < q; at++) if (groupAt(at) !== groupAt(p)) return false;
  return true;
}

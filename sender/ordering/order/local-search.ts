import type { Random } from '../math/random.ts';
import type { Instance } from './instance.ts';
import type { Line } from './sequential-order.ts';

/** What a search may still spend, in slots and edges looked at: so that a result never depends on how fast the machine is. */
export interface Budget {
  left: number;
}

/** Lifts server after server, set after set and service after service to where it costs least, until nothing is better elsewhere or the budget is spent. */
export function descend(instance: Instance, line: Line, budget: Budget, begin?: readonly number[]): void {
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
      const at = line.positionOf(server);
      if (!lift(instance, line, budget, at, at + 1)) continue;
      for (let e = from[server] as number; e < (from[server + 1] as number); e++) wake(to[e] as number);
      for (const near of [at - 1, at, line.positionOf(server) - 1, line.positionOf(server) + 1])
        if (near >= 0 && near < size) wake(line.order[near] as number);
    }
    if (begin !== undefined && round > 0) return;
    const moved = [...groups, ...members].filter((set) => set.length > 1 && liftWhole(instance, line, budget, set));
    if (moved.length === 0) return;
    for (const server of moved.flat()) wake(server);
  }
}

/** Lifts a set of servers if they stand in a row. */
function liftWhole(instance: Instance, line: Line, budget: Budget, set: readonly number[]): boolean {
  const places = set.map((server) => line.positionOf(server));
  const first = Math.min(...places);
  if (Math.max(...places) - first + 1 !== set.length || !isWhole(instance, line, first, first + set.length)) return false;
  return lift(instance, line, budget, first, first + set.length);
}

/** Lifts a segment to its best place, if there is a better one. */
export function lift(instance: Instance, line: Line, budget: Budget, p: number, q: number): boolean {
  // Some passes over the row.
  budget.left -= 4 * instance.size;
  const place = line.bestPlace(p, q);
  if (place === null) return false;
  line.move(p, q, place.slot);
  budget.left -= instance.size + instance.to.length;
  return true;
}

/** Puts a random segment into a random slot, if it may stand there; returns the servers whose neighbourhood changed. */
export function kick(instance: Instance, line: Line, random: Random): number[] {
  const { size } = instance;
  const longest = Math.max(1, Math.min(40, Math.floor(size / 3)));
  const p = random.below(size);
  const q = Math.min(size, p + 1 + random.below(longest));
  const slot = random.below(size - (q - p) + 1);
  if (!isWhole(instance, line, p, q) || !line.allows(p, q, slot)) return [];
  const moved = Array.from(line.order.subarray(p, q));
  const seams = [p - 1, q, slot - 1, slot, slot + q - p].flatMap((at) =>
    at >= 0 && at < size ? [line.order[at] as number] : [],
  );
  line.move(p, q, slot);
  return [...new Set([...moved, ...seams])];
}

/** Whether a segment holds every set that moves together wholly or not at all, or lies within one. */
function isWhole({ group, groups }: Instance, line: Line, p: number, q: number): boolean {
  if (groups.length === 0) return true;
  const { order } = line;
  const groupAt = (at: number): number => (at < 0 || at >= order.length ? -1 : (group[order[at] as number] as number));
  const torn = (groupAt(p) >= 0 && groupAt(p) === groupAt(p - 1)) || (groupAt(q) >= 0 && groupAt(q) === groupAt(q - 1));
  if (!torn) return true;
  for (let at = p; at < q; at++) if (groupAt(at) !== groupAt(p)) return false;
  return true;
}

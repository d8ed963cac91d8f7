import type { Random } from '../math/random.ts';
import { keepsConstraints } from './constraints.ts';
import type { Instance } from './instance.ts';
import type { SearchBudget } from './local-search.ts';
import { costOfSequence } from './simulate.ts';
import { sequenceOf, type WaveSequence, wavesOf } from './wave-sequence.ts';

/** How much worse a change may be at the beginning, in mean costs of a server; it falls to zero. */
const tolerance = 1;

/** Attempts for each server, and in all. */
const triesEach = 300;
const mostTries = 20_000;

/**
 * Improves an order and its waves by random changes whose cost is simulated; all keep the
 * constraints. Slower than the local search, but it knows tracks and gaps.
 */
export function polish(instance: Instance, start: WaveSequence, budget: SearchBudget, random: Random): WaveSequence {
  const price = instance.size * 2 + instance.to.length + 16;
  const tries = Math.max(0, Math.min(mostTries, triesEach * instance.size, Math.floor(budget.left / price)));
  let sequence = start;
  let cost = costOfSequence(instance, start);
  let best = sequence;
  let bestCost = cost;
  for (let attempt = 0; attempt < tries && instance.size > 1; attempt++) {
    budget.left -= price;
    const next = neighbour(instance, sequence, random);
    if (next === null || !keepsConstraints(instance, next)) continue;
    const nextCost = costOfSequence(instance, next);
    const slack = ((tolerance * bestCost) / instance.size) * (1 - attempt / tries) ** 2;
    if (nextCost > cost + slack) continue;
    sequence = next;
    cost = nextCost;
    if (cost >= bestCost) continue;
    best = sequence;
    bestCost = cost;
  }
  return best;
}

function neighbour({ size }: Instance, { order, ends }: WaveSequence, random: Random): WaveSequence | null {
  const kind = random.below(8);
  const at = random.below(size);
  if (kind === 0) {
    // Adds or removes the end of a wave.
    if (at === 0) return null;
    const fewer = ends.filter((end) => end !== at);
    return { order, ends: fewer.length < ends.length ? fewer : [...ends, at].sort((a, b) => a - b) };
  }
  if (kind === 1) {
    const wave = random.below(ends.length);
    const end = (ends[wave] as number) + (random.below(2) === 0 ? 1 : -1);
    if (wave === ends.length - 1 || end <= (ends[wave - 1] ?? 0) || end >= (ends[wave + 1] as number)) return null;
    return { order, ends: ends.with(wave, end) };
  }
  const other = random.below(size);
  if (at === other) return null;
  if (kind === 2) return { order: swapped(order, at, other), ends };
  if (kind === 3) return swapWaves({ order, ends }, random.below(ends.length), random.below(ends.length));
  // A segment moves, in some cases together with its place in the wave.
  const length = 1 + (kind < 6 ? 0 : random.below(Math.max(1, Math.min(size - at, 5))));
  const slot = random.below(size - length + 1);
  const next = moved(order, at, length, slot);
  if (kind % 2 === 0) return { order: next, ends };
  const without = ends.map((end) => end - overlap(at, length, end));
  const grown = without.map((end) => (slot < end ? end + length : end));
  return { order: next, ends: inBounds(grown, size) };
}

function swapped(order: Int32Array, a: number, b: number): Int32Array {
  return order.with(a, order[b] as number).with(b, order[a] as number);
}

function moved(order: Int32Array, at: number, length: number, slot: number): Int32Array {
  const rest = [...order.subarray(0, at), ...order.subarray(at + length)];
  return Int32Array.from([...rest.slice(0, slot), ...order.subarray(at, at + length), ...rest.slice(slot)]);
}

function swapWaves(sequence: WaveSequence, a: number, b: number): WaveSequence | null {
  if (a === b) return null;
  const waves = wavesOf(sequence);
  return sequenceOf(waves.with(a, waves[b] as number[]).with(b, waves[a] as number[]));
}

/** How many positions of a segment lie before an end. */
function overlap(at: number, length: number, end: number): number {
  return Math.max(0, Math.min(length, end - at));
}

/** The ends of the waves in ascending order, each once, with the last. */
function inBounds(ends: readonly number[], size: number): number[] {
  return [...new Set([...ends.filter((end) => end > 0 && end < size), size])].sort((a, b) => a - b);
}

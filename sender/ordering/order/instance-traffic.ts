import type { TrafficPair } from '../traffic/pairs.ts';
import { weightUnits } from './instance.ts';

/** Sums the bytes of each pair of servers that both move. */
export function pairWeights(
  pairs: readonly TrafficPair[],
  known: ReadonlyMap<string, number>,
): { a: number; b: number; bytes: number }[] {
  const sums = new Map<number, number>();
  for (const { a, b, bytes } of pairs) {
    const i = known.get(a);
    const j = known.get(b);
    if (i === undefined || j === undefined || i === j || !(bytes > 0)) continue;
    const key = Math.min(i, j) * known.size + Math.max(i, j);
    sums.set(key, Math.min(Number.MAX_SAFE_INTEGER, (sums.get(key) ?? 0) + bytes));
  }
  return [...sums].map(([key, bytes]) => ({ a: Math.floor(key / known.size), b: key % known.size, bytes }));
}

export function edgesOf(
  pairs: readonly { a: number; b: number; bytes: number }[],
  ranks: readonly number[],
  size: number,
  part: number,
) {
  const total = pairs.reduce((sum, { bytes }) => sum + bytes, 0);
  const edges = pairs
    .map(({ a, b, bytes }) => ({
      a: ranks[a] as number,
      b: ranks[b] as number,
      weight: Math.round((weightUnits * part * bytes) / total),
    }))
    .filter(({ weight }) => weight > 0)
    .flatMap(({ a, b, weight }) => [
      { a, b, weight },
      { a: b, b: a, weight },
    ])
    .sort((x, y) => x.a - y.a || x.b - y.b);
  const from = new Int32Array(size + 1);
  for (const { a } of edges) from[a + 1] = (from[a + 1] as number) + 1;
  for (let i = 0; i < size; i++) from[i + 1] = (from[i + 1] as number) + (from[i] as number);
  return { from, to: Int32Array.from(edges, ({ b }) => b), weight: Float64Array.from(edges, ({ weight }) => weight) };
}

import type { Cost } from '../order/request.ts';

/** The orders a proposal is held against. The costs of the random ones ascend. */
export interface Comparison {
  readonly proposed: Cost;
  readonly given: Cost;
  readonly alphabetical: Cost;
  readonly random: readonly Cost[];
  /** No order costs less, with as many at once. */
  readonly bound: number;
  readonly method: 'exact' | 'heuristic';
}

/** How long services are down in random order, on average, and which part of that the proposal spares: 0 where they are not down at all. */
export function besideRandom({ proposed, random }: Comparison): { meanSeconds: number; spared: number } {
  const meanSeconds = random.reduce((sum, one) => sum + one.serviceDowntimeSeconds, 0) / random.length;
  return { meanSeconds, spared: meanSeconds > 0 ? 1 - proposed.serviceDowntimeSeconds / meanSeconds : 0 };
}

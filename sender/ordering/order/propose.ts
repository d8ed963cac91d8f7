import { lowerBound } from './bound.ts';
import { instanceOf } from './build-instance.ts';
import { cutIntoWaves } from './cut-waves.ts';
import { mostParallel, solveParallel } from './exact-parallel.ts';
import { isSequentiallySolvable, solveSequential } from './exact-sequential.ts';
import { type Instance, impossible } from './instance.ts';
import type { OrderCost, OrderRequest, Proposal, ScheduledServer } from './request.ts';
import { searchOrder } from './search.ts';
import { costInSeconds, costOfSequence, scheduleOf, simulate, toSeconds } from './simulate.ts';
import { topologicalOrder } from './topological-order.ts';
import { checkLimits } from './wave-capacity.ts';
import { sequenceOf, type WaveSequence, wavesOf } from './wave-sequence.ts';

const defaultRestarts = 6;

/**
 * Proposes order and waves: the best for a small tenant, a good one with a lower bound for a large
 * one. The same request gives the same result on every machine. Throws E_ORDER.
 */
export function proposeOrder(request: OrderRequest, method?: Proposal['method']): Proposal {
  const instance = instanceOf(request);
  const { seed = 1, restarts = defaultRestarts, parallel = 1 } = request;
  if (!Number.isInteger(parallel) || parallel < 1) throw impossible('`parallel` must be a whole number of at least one.');
  const valid = topologicalOrder(instance, () => 0);
  checkLimits(instance);
  const small = isSequentiallySolvable(instance) || (parallel > 1 && instance.size <= mostParallel);
  const exact = method === undefined ? small : method === 'exact';
  if (exact && !small) throw impossible(`${instance.size} servers are too many for an exact order.`);
  const sequence =
    instance.size === 0 ? { order: valid, ends: [] } : exact ? solveExactly(instance) : searchOrder(instance, seed, restarts);
  const timeline = simulate(instance, sequence);
  const cost = costInSeconds(instance, timeline);
  return {
    ...cost,
    waves: wavesOf(sequence).map((wave) => wave.map((i) => instance.ids[i] as string)),
    schedule: scheduleOf(instance, sequence, timeline),
    bound: exact ? cost.cost : toSeconds(instance, lowerBound(instance)),
    method: exact ? 'exact' : 'heuristic',
    seed,
    restarts,
  };
}

function solveExactly(instance: Instance): WaveSequence {
  if (instance.parallel > 1) return solveParallel(instance);
  const sequence = solveSequential(instance);
  // Where cuts cost nothing, the solver cuts anywhere: cuts between services are easier to read.
  const tidy = cutIntoWaves(instance, sequence.order);
  return tidy !== null && costOfSequence(instance, tidy) <= costOfSequence(instance, sequence) ? tidy : sequence;
}

/**
 * What given waves cost. It does not check the constraints. Throws E_ORDER where they do not hold
 * each server once.
 */
export function costOfWaves(
  request: OrderRequest,
  waves: readonly (readonly string[])[],
): OrderCost & { readonly schedule: ScheduledServer[] } {
  const instance = instanceOf(request);
  const index = new Map(instance.ids.map((id, i) => [id, i]));
  const sequence = sequenceOf(waves.map((wave) => wave.map((id) => index.get(id) ?? -1)));
  const { order } = sequence;
  if (order.length !== instance.size || new Set(order).size !== instance.size || order.includes(-1))
    throw impossible('The waves do not hold each server exactly once.');
  const timeline = simulate(instance, sequence);
  return { ...costInSeconds(instance, timeline), schedule: scheduleOf(instance, sequence, timeline) };
}

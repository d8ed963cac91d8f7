import { lowerBound } from './bound.ts';
import { mostParallel, solveParallel } from './exact-parallel.ts';
import { isSmall, solveExactly } from './exact-sequential.ts';
import { type Instance, impossible, instanceOf } from './instance.ts';
import type { Cost, Proposal, Question, Slot } from './request.ts';
import { searchOrder } from './search.ts';
import { type Course, costOfCourse, explain, inSeconds, play, scheduleOf } from './simulate.ts';
import { sortedBy } from './topological-order.ts';
import { checkLimits, cutIntoWaves } from './waves.ts';

const defaultRestarts = 6;

/**
 * Proposes the order and the waves in which a tenant moves: the best there are for small ones, good ones with a bound for large ones.
 * Deterministic: the same question gives the same answer on every machine, whatever the order or the names of its servers.
 * Throws E_ORDER where the question contradicts itself or nothing can keep its constraints.
 */
export function proposeOrder(question: Question, method?: Proposal['method']): Proposal {
  const instance = instanceOf(question);
  const { seed = 1, restarts = defaultRestarts, parallel = 1 } = question;
  if (!Number.isInteger(parallel) || parallel < 1) throw impossible('`parallel` must be a whole number of at least one.');
  const valid = sortedBy(instance, () => 0);
  checkLimits(instance);
  const small = isSmall(instance) || (parallel > 1 && instance.size <= mostParallel);
  const exact = method === undefined ? small : method === 'exact';
  if (exact && !small) throw impossible(`${instance.size} servers are too many for an exact order.`);
  const course =
    instance.size === 0 ? { order: valid, ends: [] } : exact ? exactly(instance) : searchOrder(instance, seed, restarts);
  const run = play(instance, course);
  const cost = explain(instance, run);
  return {
    ...cost,
    waves: wavesOf(instance, course),
    schedule: scheduleOf(instance, course, run),
    bound: exact ? cost.cost : inSeconds(instance, lowerBound(instance)),
    ...{ method: exact ? 'exact' : 'heuristic', seed, restarts },
  };
}

function exactly(instance: Instance): Course {
  if (instance.parallel > 1) return solveParallel(instance);
  const course = solveExactly(instance);
  // Where cuts cost nothing the solver leaves them anywhere: few and beside the services is easier to read.
  const tidy = cutIntoWaves(instance, course.order);
  return tidy !== null && costOfCourse(instance, tidy) <= costOfCourse(instance, course) ? tidy : course;
}

function wavesOf({ ids }: Instance, { order, ends }: Course): string[][] {
  return ends.map((end, index) => Array.from(order.subarray(ends[index - 1] ?? 0, end), (i) => ids[i] as string));
}

/** What given waves cost, as the question asks it: whether they keep its constraints is not looked at. Throws E_ORDER where they are not its servers. */
export function costOfWaves(question: Question, waves: readonly (readonly string[])[]): Cost & { readonly schedule: Slot[] } {
  const instance = instanceOf(question);
  const index = new Map(instance.ids.map((id, i) => [id, i]));
  const order = Int32Array.from(waves.flat(), (id) => index.get(id) ?? -1);
  if (order.length !== instance.size || new Set(order).size !== instance.size || order.includes(-1))
    throw impossible('These waves do not hold each server once.');
  const ends: number[] = [];
  for (const wave of waves) ends.push((ends.at(-1) ?? 0) + wave.length);
  const course = { order, ends };
  const run = play(instance, course);
  return { ...explain(instance, run), schedule: scheduleOf(instance, course, run) };
}

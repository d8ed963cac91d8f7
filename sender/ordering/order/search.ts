import { type Random, seededRandom, shuffled } from '../math/random.ts';
import { connectedComponents } from './components.ts';
import { keepsConstraints } from './constraints.ts';
import { cutIntoWaves, serviceBoundaries } from './cut-waves.ts';
import { type Instance, impossible } from './instance.ts';
import { localSearch, moveToBestSlot, perturb, type SearchBudget } from './local-search.ts';
import { polish } from './polish.ts';
import { SequentialOrder } from './sequential-order.ts';
import { costOfSequence } from './simulate.ts';
import { fiedlerOf } from './spectral.ts';
import { topologicalOrder } from './topological-order.ts';
import type { WaveSequence } from './wave-sequence.ts';

/** Steps of all restarts together: some seconds on one core. */
const wholeBudget = 2e8;

/** Perturbations without an improvement after which a restart ends. */
const patience = 40;

/**
 * A good order for a large tenant: iterated local search from spectral and random starts, then cut
 * into waves and refined. Throws E_ORDER where it finds no waves within the limits.
 */
export function searchOrder(instance: Instance, seed: number, restarts: number): WaveSequence {
  const random = seededRandom(seed);
  const starts = startOrders(instance, random, restarts);
  const polished = instance.parallel > 1 || instance.limited || instance.gap > 0;
  const share = wholeBudget / restarts;
  let best: { readonly sequence: WaveSequence; readonly cost: number } | null = null;
  for (const start of starts) {
    const sequential = new SequentialOrder(instance, start);
    const order = iteratedLocalSearch(instance, sequential, { left: polished ? share / 2 : share }, random);
    const sequence = cutOrder(instance, order)
      .map((cut) => (polished ? polish(instance, cut, { left: share / 4 }, random) : cut))
      .map((one) => ({ sequence: one, cost: costOfSequence(instance, one) }))
      .reduce((a, b) => (b.cost < a.cost ? b : a));
    if (best === null || sequence.cost < best.cost) best = sequence;
  }
  if (best === null) throw impossible('There is nothing to move.');
  return best.sequence;
}

/** Repeats local search and perturbation while it helps. Returns the best order found. */
function iteratedLocalSearch(instance: Instance, sequential: SequentialOrder, budget: SearchBudget, random: Random): Int32Array {
  localSearch(instance, sequential, budget);
  let best = sequential.order.slice();
  let cost = sequential.cost;
  const most = patience + 2 * instance.size;
  for (let idle = 0; idle < most && budget.left > 0; ) {
    const touched = perturb(instance, sequential, random);
    if (touched.length === 0) {
      idle++;
      budget.left--;
      continue;
    }
    budget.left -= instance.to.length + instance.size;
    localSearch(instance, sequential, budget, touched);
    moveRandomSegments(instance, sequential, budget, random);
    const now = sequential.cost;
    if (now < cost) {
      best = sequential.order.slice();
      cost = now;
      idle = 0;
    } else {
      idle++;
      if (now > cost) sequential.reset(best);
    }
  }
  return best;
}

/**
 * Moves a few random segments of any length to their best slots: single servers cannot move a
 * block.
 */
function moveRandomSegments(instance: Instance, sequential: SequentialOrder, budget: SearchBudget, random: Random): void {
  const { size, group } = instance;
  for (let attempt = 0; attempt < 3 && budget.left > 0; attempt++) {
    const p = random.below(size);
    const q = Math.min(size, p + 2 + random.below(Math.max(1, Math.floor(size / 2))));
    const torn = (at: number): boolean => {
      const own = at <= 0 || at >= size ? -1 : (group[sequential.order[at] as number] as number);
      return own >= 0 && own === group[sequential.order[at - 1] as number];
    };
    if (!torn(p) && !torn(q)) moveToBestSlot(instance, sequential, budget, p, q);
  }
}

/** The candidate waves of an order: cut for the limits, and, in parallel, after each service. */
function cutOrder(instance: Instance, order: Int32Array): WaveSequence[] {
  const cut =
    cutIntoWaves(instance, order) ??
    cutIntoWaves(
      instance,
      topologicalOrder(instance, () => 0),
    );
  const natural = { order, ends: serviceBoundaries(instance, order) };
  const sequences = [...(cut === null ? [] : [cut]), ...(keepsConstraints(instance, natural) ? [natural] : [])];
  if (sequences.length === 0) throw impossible('The search found no waves that keep the limits and the constraints.');
  return sequences;
}

/**
 * The first start sorts whole services by the spectral axis, the second single servers; the others
 * are random.
 */
function startOrders(instance: Instance, random: Random, count: number): Int32Array[] {
  const axis = spectralAxis(instance);
  const { service, members, size } = instance;
  const middle = members.map((list) => list.reduce((sum, i) => sum + (axis[i] as number), 0) / list.length);
  const ranked = middle.map((_, s) => s).sort((a, b) => (middle[a] as number) - (middle[b] as number) || a - b);
  const rank = new Map(ranked.map((s, index) => [s, index]));
  const whole = (i: number): number => (rank.get(service[i] as number) as number) * 4 + (axis[i] as number);
  const starts = [topologicalOrder(instance, whole), topologicalOrder(instance, (i) => axis[i] as number)];
  while (starts.length < count) {
    const servers = shuffled(
      Array.from({ length: size }, (_, i) => i),
      random,
    );
    const place = new Map(servers.map((server, index) => [server, index]));
    starts.push(topologicalOrder(instance, (i) => place.get(i) as number));
  }
  return starts.slice(0, count);
}

/**
 * Position of each server on the Fiedler vector of its component, from -1 to 1, component after
 * component.
 */
function spectralAxis(instance: Instance): Float64Array {
  const axis = new Float64Array(instance.size);
  const parts = connectedComponents(instance);
  for (const [index, part] of parts.entries()) {
    const { vector } = fiedlerOf(instance, part);
    const ranked = part.map((_, i) => i).sort((a, b) => (vector[a] as number) - (vector[b] as number) || a - b);
    for (const [place, i] of ranked.entries())
      axis[part[i] as number] = -1 + (2 * (index + (place + 0.5) / part.length)) / parts.length;
  }
  return axis;
}

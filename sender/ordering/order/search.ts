import { type Random, randomOf, shuffled } from '../math/random.ts';
import { componentsOf } from './components.ts';
import { type Instance, impossible } from './instance.ts';
import { type Budget, descend, kick, lift } from './local-search.ts';
import { isValid, polish } from './polish.ts';
import { Line } from './sequential-order.ts';
import { type Course, costOfCourse } from './simulate.ts';
import { fiedlerOf } from './spectral.ts';
import { sortedBy } from './topological-order.ts';
import { cutIntoWaves, naturalEnds } from './waves.ts';

/** What all restarts together may spend: some seconds on one core. */
const wholeBudget = 2e8;

/** Kicks without any gain after which a restart ends. */
const patience = 40;

/**
 * A good course of a large tenant: from spectral and random starts, server after server, service after service is lifted to where it costs least;
 * then random segments are kicked elsewhere and the descent begins again. At the end the best is cut into waves and polished as a whole.
 * Throws E_ORDER where the constraints cannot be kept, or where no waves within the limits were found.
 */
export function searchOrder(instance: Instance, seed: number, restarts: number): Course {
  const random = randomOf(seed);
  const starts = startsOf(instance, random, restarts);
  const polished = instance.parallel > 1 || instance.limited || instance.gap > 0;
  const share = wholeBudget / restarts;
  let best: { readonly course: Course; readonly cost: number } | null = null;
  for (const start of starts) {
    const line = new Line(instance, start);
    const order = iterate(instance, line, { left: polished ? share / 2 : share }, random);
    const course = coursesOf(instance, order)
      .map((cut) => (polished ? polish(instance, cut, { left: share / 4 }, random) : cut))
      .map((one) => ({ course: one, cost: costOfCourse(instance, one) }))
      .reduce((a, b) => (b.cost < a.cost ? b : a));
    if (best === null || course.cost < best.cost) best = course;
  }
  if (best === null) throw impossible('There is nothing to move.');
  return best.course;
}

/** Descends, kicks and descends again, as long as it helps. Returns the best order met. */
function iterate(instance: Instance, line: Line, budget: Budget, random: Random): Int32Array {
  descend(instance, line, budget);
  let [best, cost] = [line.order.slice(), line.cost];
  const most = patience + 2 * instance.size;
  for (let idle = 0; idle < most && budget.left > 0; ) {
    const touched = kick(instance, line, random);
    if (touched.length === 0) {
      idle++;
      budget.left--;
      continue;
    }
    budget.left -= instance.to.length + instance.size;
    descend(instance, line, budget, touched);
    segments(instance, line, budget, random);
    const now = line.cost;
    if (now < cost) {
      [best, cost] = [line.order.slice(), now];
      idle = 0;
    } else {
      idle++;
      if (now > cost) line.reset(best);
    }
  }
  return best;
}

/** Lifts a few random segments of all lengths: whole blocks find their place, too. */
function segments(instance: Instance, line: Line, budget: Budget, random: Random): void {
  const { size, group } = instance;
  for (let attempt = 0; attempt < 3 && budget.left > 0; attempt++) {
    const p = random.below(size);
    const q = Math.min(size, p + 2 + random.below(Math.max(1, Math.floor(size / 2))));
    const torn = (at: number): boolean => {
      const own = at <= 0 || at >= size ? -1 : (group[line.order[at] as number] as number);
      return own >= 0 && own === group[line.order[at - 1] as number];
    };
    if (!torn(p) && !torn(q)) lift(instance, line, budget, p, q);
  }
}

/** The ways an order may become waves: cut for the limits, and, where servers move in parallel, after each service. */
function coursesOf(instance: Instance, order: Int32Array): Course[] {
  const cut =
    cutIntoWaves(instance, order) ??
    cutIntoWaves(
      instance,
      sortedBy(instance, () => 0),
    );
  const natural = { order, ends: naturalEnds(instance, order) };
  const courses = [...(cut === null ? [] : [cut]), ...(isValid(instance, natural) ? [natural] : [])];
  if (courses.length === 0) throw impossible('No waves within these limits were found that keep the constraints.');
  return courses;
}

/** The first start keeps services whole and sorts them and their servers by the traffic's own axis; the second sorts by the axis alone; the others are random. */
function startsOf(instance: Instance, random: Random, count: number): Int32Array[] {
  const axis = axisOf(instance);
  const { service, members, size } = instance;
  const middle = members.map((list) => list.reduce((sum, i) => sum + (axis[i] as number), 0) / list.length);
  const ranked = middle.map((_, s) => s).sort((a, b) => (middle[a] as number) - (middle[b] as number) || a - b);
  const rank = new Map(ranked.map((s, index) => [s, index]));
  const whole = (i: number): number => (rank.get(service[i] as number) as number) * 4 + (axis[i] as number);
  const starts = [sortedBy(instance, whole), sortedBy(instance, (i) => axis[i] as number)];
  while (starts.length < count) {
    const servers = shuffled(
      Array.from({ length: size }, (_, i) => i),
      random,
    );
    const place = new Map(servers.map((server, index) => [server, index]));
    starts.push(sortedBy(instance, (i) => place.get(i) as number));
  }
  return starts.slice(0, count);
}

/** Where each server stands on the axis of its connected part, between -1 and 1, the parts behind each other. */
function axisOf(instance: Instance): Float64Array {
  const axis = new Float64Array(instance.size);
  const parts = componentsOf(instance);
  for (const [index, part] of parts.entries()) {
    const { vector } = fiedlerOf(instance, part);
    const ranked = part.map((_, i) => i).sort((a, b) => (vector[a] as number) - (vector[b] as number) || a - b);
    for (const [place, i] of ranked.entries())
      axis[part[i] as number] = -1 + (2 * (index + (place + 0.5) / part.length)) / parts.length;
  }
  return axis;
}

import { connectedComponents } from './components.ts';
import type { Instance } from './instance.ts';
import { fiedlerOf } from './spectral.ts';

/**
 * Largest component whose spectral bound is proved: the Cholesky factorisation takes n³/3 steps.
 */
const mostProved = 1200;

/**
 * A cost that no order can be below, in quanta × units: the least of each service, of each
 * component's traffic, and of the length. Weak in parallel; it ignores what gaps add.
 */
export function lowerBound(instance: Instance): number {
  const traffic = connectedComponents(instance).reduce((sum, part) => {
    if (part.length < 2) return sum;
    return sum + Math.max(starBound(instance, part), spectralBound(instance, part));
  }, 0);
  return Math.ceil(servicesBound(instance) + traffic + instance.lengthWeight * lengthBound(instance)) - 1e-6;
}

/**
 * A service is down at least for the work of its members over all tracks, less what the first ones
 * do before they stop.
 */
function servicesBound({ members, serviceWeight, before, down, parallel }: Instance): number {
  return members.reduce((sum, list, s) => {
    const tracks = Math.min(parallel, list.length);
    const work = list.reduce((total, i) => total + (before[i] as number) + (down[i] as number), 0);
    const early = list
      .map((i) => before[i] as number)
      .sort((a, b) => b - a)
      .slice(0, tracks);
    const shared = (work - early.reduce((total, time) => total + time, 0)) / tracks;
    return sum + (serviceWeight[s] as number) * Math.max(shared, ...list.map((i) => down[i] as number));
  }, 0);
}

function lengthBound({ before, down, parallel, size }: Instance): number {
  let sum = 0;
  let longest = 0;
  for (let i = 0; i < size; i++) {
    const time = (before[i] as number) + (down[i] as number);
    sum += time;
    longest = Math.max(longest, time);
  }
  return Math.max(sum / parallel, longest);
}

/**
 * Only so many other servers can be up within a given time, so the neighbours are at best the
 * nearest, heaviest first. Every pair is counted at both ends.
 */
function starBound({ from, weight, before, down, parallel }: Instance, part: readonly number[]): number {
  const times = part.map((i) => (before[i] as number) + (down[i] as number)).sort((a, b) => a - b);
  const sums = [0];
  for (const time of times) sums.push((sums.at(-1) as number) + time);
  const shortest = times[0] ?? 0;
  const distance = (rank: number): number =>
    parallel === 1 ? (sums[Math.floor(rank / 2) + 1] ?? 0) : Math.max(0, ((rank + 2) / parallel - 1) / 2) * shortest;
  let sum = 0;
  for (const i of part) {
    const own = weight
      .slice(from[i], from[i + 1])
      .sort()
      .reverse();
    for (let rank = 0; rank < own.length; rank++) sum += (own[rank] as number) * distance(rank);
  }
  return sum / 2;
}

/**
 * A cut between p and n − p servers weighs at least λ₂ p (n − p) / n (M. Juvan and B. Mohar,
 * "Optimal linear labelings and eigenvalues of graphs", 1992). At best the longest moves happen at
 * the lightest cuts.
 */
function spectralBound(instance: Instance, part: readonly number[]): number {
  const n = part.length;
  const value = provedValue(instance, part);
  const cuts = Array.from({ length: n }, (_, p) => (value * p * (n - p)) / n);
  const times = part.map((i) => (instance.before[i] as number) + (instance.down[i] as number));
  if (instance.parallel === 1) {
    cuts.sort((a, b) => a - b);
    times.sort((a, b) => b - a);
    return cuts.reduce((sum, cut, index) => sum + cut * (times[index] as number), 0);
  }
  // Of one more arrival in a row than there are tracks, two share a track: one whole move lies
  // between them.
  const shortest = Math.min(...times);
  let sum = 0;
  for (let p = 1; p + instance.parallel <= n; p += instance.parallel)
    sum += Math.min(...cuts.slice(p, p + instance.parallel)) * shortest;
  return sum;
}

/**
 * A proved lower bound of λ₂: the value of the iteration, lowered until a factorisation proves it.
 */
function provedValue(instance: Instance, part: readonly number[]): number {
  if (part.length > mostProved) return 0;
  const { value } = fiedlerOf(instance, part);
  for (const lowered of [0.999, 0.97, 0.8, 0.5]) if (isBelow(instance, part, lowered * value)) return lowered * value;
  return 0;
}

/**
 * Whether λ₂ is above a value: L − value·I, with the constant vector shifted away, then has a
 * Cholesky factor.
 */
function isBelow({ from, to, weight }: Instance, part: readonly number[], value: number): boolean {
  const n = part.length;
  const local = new Map(part.map((server, index) => [server, index]));
  const rows = Array.from({ length: n }, () => new Float64Array(n));
  const lift = value / n;
  let heaviest = 0;
  for (const [i, server] of part.entries()) {
    const row = rows[i] as Float64Array;
    for (let e = from[server] as number; e < (from[server + 1] as number); e++) {
      const j = local.get(to[e] as number);
      if (j === undefined) continue;
      row[j] = (row[j] as number) - (weight[e] as number);
      row[i] = (row[i] as number) + (weight[e] as number);
    }
    heaviest = Math.max(heaviest, row[i] as number);
    row[i] = (row[i] as number) - value;
  }
  for (const row of rows) for (let j = 0; j < n; j++) row[j] = (row[j] as number) + lift + heaviest / n;
  return hasCholesky(rows, heaviest * 1e-10);
}

/** Factorises in place; false at the first pivot that is not clearly positive. */
function hasCholesky(rows: readonly Float64Array[], least: number): boolean {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as Float64Array;
    for (let j = 0; j <= i; j++) {
      const other = rows[j] as Float64Array;
      let sum = row[j] as number;
      for (let k = 0; k < j; k++) sum -= (row[k] as number) * (other[k] as number);
      if (j < i) row[j] = sum / (other[j] as number);
      else if (sum <= least) return false;
      else row[i] = Math.sqrt(sum);
    }
  }
  return true;
}

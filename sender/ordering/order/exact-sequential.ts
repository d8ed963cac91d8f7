import { type Instance, impossible } from './instance.ts';
import { Subsets } from './subsets.ts';
import { sequenceOf, type WaveSequence } from './wave-sequence.ts';

/** Most servers that are solved exactly one after the other, in 2ⁿ·n steps. */
const mostSequential = 18;

/** Most steps of the exact solution; some seconds. */
const mostSteps = 1.5e8;

/**
 * Whether dynamic programming is fast enough: counts the waves that can follow each set of servers.
 */
export function isSequentiallySolvable({ size, limited, most, parallel }: Instance): boolean {
  if (parallel > 1 || size > mostSequential) return false;
  if (!limited) return true;
  let steps = 0;
  let choose = 1;
  for (let left = size; left >= 0; left--) {
    // `choose` is n over left: the sets after which `left` servers remain.
    let inner = 0;
    let subsets = 1;
    for (let taken = 1; taken <= Math.min(left, most.servers); taken++) {
      subsets = (subsets * (left - taken + 1)) / taken;
      inner += subsets;
    }
    steps += choose * inner * size;
    choose = (choose * left) / (size - left + 1);
  }
  return steps <= mostSteps;
}

/**
 * The best waves for a few servers that move one after the other, by dynamic programming over the
 * sets of moved servers. A wave is a path between two sets. Throws E_ORDER.
 */
export function solveSequential(instance: Instance): WaveSequence {
  const { size, limited } = instance;
  const subsets = new Subsets(instance);
  const full = 2 ** size - 1;
  const best = new Float64Array(full + 1).fill(Number.POSITIVE_INFINITY);
  const came = new Int32Array(full + 1).fill(-1);
  best[0] = 0;
  const paths = new Paths(instance, subsets);
  const starts = limited ? full : 1;
  for (let start = 0; start < starts; start++) {
    if (best[start] === Number.POSITIVE_INFINITY) continue;
    const begun = (best[start] as number) + (start === 0 ? 0 : subsets.gapCost(start));
    paths.explore(start, begun, (set, cost) => {
      if (subsets.hasTornGroup(set) || cost >= (best[set] as number)) return;
      best[set] = cost;
      came[set] = start;
    });
  }
  if (best[full] === Number.POSITIVE_INFINITY) throw impossible('No order keeps all constraints and limits.');
  const waves: number[][] = [];
  for (let set = full; set !== 0; set = came[set] as number) waves.unshift(paths.between(came[set] as number, set));
  return sequenceOf(waves);
}

/** The cheapest paths from one set to the sets that contain it, one server after the other. */
class Paths {
  readonly #instance: Instance;
  readonly #subsets: Subsets;
  readonly #cost: Float64Array;
  readonly #last: Int8Array;
  /**
   * In which exploration a set was reached; clearing the arrays would take longer than exploring.
   */
  readonly #round: Int32Array;
  #now = 0;

  constructor(instance: Instance, subsets: Subsets) {
    this.#instance = instance;
    this.#subsets = subsets;
    this.#cost = new Float64Array(2 ** instance.size);
    this.#last = new Int8Array(2 ** instance.size);
    this.#round = new Int32Array(2 ** instance.size);
  }

  /** Visits every set that one wave can reach, with its least cost. */
  explore(start: number, begun: number, visit: (set: number, cost: number) => void): void {
    const { size } = this.#instance;
    this.#now++;
    this.#cost[start] = begun;
    this.#round[start] = this.#now;
    let layer = [start];
    while (layer.length > 0) {
      const next: number[] = [];
      for (const set of layer) {
        for (let server = 0; server < size; server++) {
          const step = this.#subsets.stepCost(set, server);
          if (step < 0) continue;
          const grown = set | (1 << server);
          const reached = this.#round[grown] === this.#now;
          if (!reached && !this.#subsets.fits(start, grown)) continue;
          const cost = (this.#cost[set] as number) + step;
          if (reached && cost >= (this.#cost[grown] as number)) continue;
          this.#cost[grown] = cost;
          this.#last[grown] = server;
          if (reached) continue;
          this.#round[grown] = this.#now;
          next.push(grown);
        }
      }
      for (const set of next) visit(set, this.#cost[set] as number);
      layer = next;
    }
  }

  /** The servers between two sets in their best order. */
  between(start: number, end: number): number[] {
    this.explore(start, 0, () => {});
    const servers: number[] = [];
    for (let set = end; set !== start; set &= ~(1 << (this.#last[set] as number))) servers.unshift(this.#last[set] as number);
    return servers;
  }
}

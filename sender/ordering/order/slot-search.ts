import type { Instance } from './instance.ts';
import type { OrderState, Segment } from './segment.ts';
import { keepsSetsTogether, slotRange } from './slot-constraints.ts';
import { downtimeInSlot, type SplitService, splitServices } from './split-services.ts';

/** The slot in which a segment costs least, and what moving it there saves. */
export interface BetterSlot {
  readonly slot: number;
  readonly saves: number;
}

/** A segment's traffic with the rest: its weight, and the same weighted by when each end is up. */
interface SegmentTraffic {
  readonly weight: number;
  readonly restUp: number;
  readonly segmentUp: number;
}

/**
 * Finds the best slot for a segment in one pass over all slots: in a slot it delays everything that
 * is disturbed there, and its distance from its own neighbours is that of the slot. Reuses its
 * arrays from search to search.
 */
export class SlotSearch {
  readonly #instance: Instance;
  /** By position in the rest: weight of the segment's traffic with that server. */
  readonly #traffic: Float64Array;
  /** The same, each weighted by when the segment's end of it is up. */
  readonly #trafficUp: Float64Array;
  /** By slot: how the weight of split services changes there. */
  readonly #steps: Float64Array;
  /** By slot: weight of the split services that are open there in the whole order. */
  readonly #open: Float64Array;

  constructor(instance: Instance) {
    const { size } = instance;
    this.#instance = instance;
    this.#traffic = new Float64Array(size + 1);
    this.#trafficUp = new Float64Array(size + 1);
    this.#steps = new Float64Array(size + 2);
    this.#open = new Float64Array(size + 1);
  }

  /**
   * The best slot of the rest for a segment; null where none is better than the one it stands in.
   */
  best(state: OrderState, segment: Segment): BetterSlot | null {
    const { low, high } = slotRange(this.#instance, state, segment);
    if (low >= high) return null;
    const total = this.#addTraffic(state, segment);
    const splits = this.#splitServices(state, segment);
    const { time, from, length } = segment;
    let best = Number.POSITIVE_INFINITY;
    let bestSlot = -1;
    let current = 0;
    // Sums over the traffic with the servers before the slot.
    let left = 0;
    let leftUp = 0;
    let leftSegmentUp = 0;
    for (let slot = 0; slot <= high; slot++) {
      if (slot > 0) {
        const weight = this.#traffic[slot - 1] as number;
        left += weight;
        leftUp += weight * segment.restUpAt(slot - 1);
        leftSegmentUp += this.#trafficUp[slot - 1] as number;
      }
      if (slot < low) continue;
      const start = slot === 0 ? 0 : segment.restUpAt(slot - 1);
      const right = total.weight - left;
      const delayed = slot <= from ? (state.rate[slot] as number) - left : (state.rate[slot + length] as number) - right;
      const apart =
        start * left -
        leftUp +
        leftSegmentUp +
        (total.restUp - leftUp) +
        (time - start) * right -
        (total.segmentUp - leftSegmentUp);
      let cost = time * (delayed - (this.#open[slot] as number)) + apart;
      for (const split of splits) cost += split.weight * downtimeInSlot(split, slot, start, time);
      if (slot === from) current = cost;
      else if (cost < best && keepsSetsTogether(this.#instance, state, segment, slot)) {
        best = cost;
        bestSlot = slot;
      }
    }
    this.#clearTraffic(state, segment);
    return bestSlot >= 0 && best < current ? { slot: bestSlot, saves: current - best } : null;
  }

  #addTraffic({ order, position, upAt }: OrderState, segment: Segment): SegmentTraffic {
    const { from, to, weight } = this.#instance;
    const total = { weight: 0, restUp: 0, segmentUp: 0 };
    for (let at = segment.from; at < segment.until; at++) {
      const server = order[at] as number;
      const up = (upAt[at] as number) - segment.start;
      for (let e = from[server] as number; e < (from[server + 1] as number); e++) {
        const place = position[to[e] as number] as number;
        if (segment.holds(place)) continue;
        const rest = segment.inRest(place);
        const w = weight[e] as number;
        this.#traffic[rest] = (this.#traffic[rest] as number) + w;
        this.#trafficUp[rest] = (this.#trafficUp[rest] as number) + w * up;
        total.weight += w;
        total.restUp += w * segment.restUpAt(rest);
        total.segmentUp += w * up;
      }
    }
    return total;
  }

  #clearTraffic({ order, position }: OrderState, segment: Segment): void {
    const { from, to } = this.#instance;
    for (let at = segment.from; at < segment.until; at++) {
      const server = order[at] as number;
      for (let e = from[server] as number; e < (from[server + 1] as number); e++) {
        const place = position[to[e] as number] as number;
        if (segment.holds(place)) continue;
        const rest = segment.inRest(place);
        this.#traffic[rest] = 0;
        this.#trafficUp[rest] = 0;
      }
    }
  }

  /**
   * The services that the segment splits; their weight in the rate of the whole order goes to
   * `#open`, by slot.
   */
  #splitServices(state: OrderState, segment: Segment): SplitService[] {
    const steps = this.#steps.fill(0);
    const splits: SplitService[] = [];
    splitServices(this.#instance, state, segment, (split, first, last) => {
      splits.push(split);
      addSpan(steps, first, last, segment, split.weight);
    });
    let sum = 0;
    for (let slot = 0; slot < this.#open.length; slot++) {
      sum += steps[slot] as number;
      this.#open[slot] = sum;
    }
    return splits;
  }
}

/**
 * Marks the slots whose boundary in the whole order lies between a service's first and last server.
 */
function addSpan(steps: Float64Array, first: number, last: number, { from, until, length }: Segment, weight: number): void {
  const mark = (low: number, high: number): void => {
    if (low > high) return;
    steps[low] = (steps[low] as number) + weight;
    steps[high + 1] = (steps[high + 1] as number) - weight;
  };
  // Slots up to `from` are boundaries of the whole order; later ones are the boundaries behind the
  // segment.
  mark(first + 1, Math.min(last, from));
  mark(Math.max(first + 1, until + 1) - length, last - length);
}

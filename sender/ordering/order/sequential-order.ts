import { positionsOf, ratesOf } from './disruption.ts';
import type { Instance } from './instance.ts';

/** Where a lifted segment costs least, and what putting it there saves. */
export interface Place {
  readonly slot: number;
  readonly saves: number;
}

/**
 * Servers in a row, moved one after the other without waves. Its one question: where does a segment, lifted out of the row, cost least?
 * All slots are answered at once, in the length of the row plus the segment's neighbours: at a slot a segment makes everything wait that is
 * disturbed there, and is itself as far from its own neighbours as that slot is.
 */
export class Line {
  readonly #instance: Instance;
  readonly #time: Float64Array;
  #order: Int32Array;
  #position: Int32Array;
  #rate: Float64Array;
  readonly #up: Float64Array;
  // Scratch, one entry a slot or a remaining server.
  readonly #pull: Float64Array;
  readonly #pullLate: Float64Array;
  readonly #gain: Float64Array;
  readonly #extra: Float64Array;

  constructor(instance: Instance, order: Int32Array) {
    const { size, before, down } = instance;
    this.#instance = instance;
    this.#time = before.map((time, i) => time + (down[i] as number));
    this.#up = new Float64Array(size);
    this.#order = order.slice();
    this.#position = positionsOf(order);
    this.#rate = ratesOf(instance, order);
    this.#settle();
    this.#pull = new Float64Array(size + 1);
    this.#pullLate = new Float64Array(size + 1);
    this.#gain = new Float64Array(size + 2);
    this.#extra = new Float64Array(size + 1);
  }

  get order(): Int32Array {
    return this.#order;
  }

  positionOf(server: number): number {
    return this.#position[server] as number;
  }

  /** What the row costs. */
  get cost(): number {
    const { size, down, before, lengthWeight, service, members, serviceWeight } = this.#instance;
    let cost = 0;
    const seen = new Uint8Array(members.length);
    for (let p = 0; p < size; p++) {
      const server = this.#order[p] as number;
      const own = service[server] as number;
      cost += ((this.#rate[p] as number) + lengthWeight) * ((before[server] as number) + (down[server] as number));
      if (seen[own] === 0) cost += (serviceWeight[own] as number) * (down[server] as number);
      seen[own] = 1;
    }
    return cost;
  }

  /** The best slot among the others for the servers from `p` until `q`, or null where none is better than where they stand. */
  bestPlace(p: number, q: number): Place | null {
    const { size } = this.#instance;
    const rest = size - (q - p);
    const [low, high] = this.#reach(p, q);
    if (low >= high) return null;
    const offsets = this.#weigh(p, q);
    const own = this.#ownServices(p, q);
    let [best, bestSlot] = [Number.POSITIVE_INFINITY, -1];
    let here = 0;
    let [left, leftUp, leftLate] = [0, 0, 0];
    const time = offsets.time;
    for (let slot = 0; slot <= high; slot++) {
      if (slot > 0) {
        const pull = this.#pull[slot - 1] as number;
        left += pull;
        leftUp += pull * this.#restUp(slot - 1, p, q, time);
        leftLate += this.#pullLate[slot - 1] as number;
      }
      if (slot < low) continue;
      const start = slot === 0 ? 0 : this.#restUp(slot - 1, p, q, time);
      const waits =
        slot <= p ? (this.#rate[slot] as number) - left : (this.#rate[slot + q - p] as number) - (offsets.pull - left);
      const apart =
        start * left -
        leftUp +
        leftLate +
        (offsets.pullUp - leftUp) +
        (time - start) * (offsets.pull - left) -
        (offsets.late - leftLate);
      let cost = time * (waits - (own.closed[slot] as number)) + apart;
      for (const one of own.touched) cost += one.weight * openTime(one, slot, start, time);
      if (slot === p) here = cost;
      else if (cost < best && this.#isAllowed(slot, p, q, rest)) {
        best = cost;
        bestSlot = slot;
      }
    }
    this.#forget(p, q);
    return bestSlot >= 0 && best < here ? { slot: bestSlot, saves: here - best } : null;
  }

  /** Whether the servers from `p` until `q` may stand in a slot among the others. */
  allows(p: number, q: number, slot: number): boolean {
    const [low, high] = this.#reach(p, q);
    return slot >= low && slot <= high && this.#isAllowed(slot, p, q, this.#order.length - (q - p));
  }

  /** Puts the servers from `p` until `q` into a slot among the others. */
  move(p: number, q: number, slot: number): void {
    const length = q - p;
    const segment = this.#order.slice(p, q);
    if (slot < p) this.#order.copyWithin(slot + length, slot, p);
    else this.#order.copyWithin(p, q, slot + length);
    this.#order.set(segment, slot);
    this.#position = positionsOf(this.#order);
    this.#rate = ratesOf(this.#instance, this.#order);
    this.#settle();
  }

  /** Starts again from another order. */
  reset(order: Int32Array): void {
    this.#order = order.slice();
    this.#position = positionsOf(order);
    this.#rate = ratesOf(this.#instance, order);
    this.#settle();
  }

  #settle(): void {
    let up = 0;
    for (let p = 0; p < this.#order.length; p++) {
      up += this.#time[this.#order[p] as number] as number;
      this.#up[p] = up;
    }
  }

  /** When the y-th of the others is up, the segment being out of the row. */
  #restUp(y: number, p: number, q: number, time: number): number {
    return y < p ? (this.#up[y] as number) : (this.#up[y + q - p] as number) - time;
  }

  #restPosition(server: number, p: number, q: number): number {
    const at = this.#position[server] as number;
    return at < p ? at : at - (q - p);
  }

  /** Sums of the segment's traffic with each of the others, and with them weighted by when the segment's end of it is up. */
  #weigh(p: number, q: number): { time: number; pull: number; pullUp: number; late: number } {
    const { from, to, weight } = this.#instance;
    const start = p === 0 ? 0 : (this.#up[p - 1] as number);
    const time = (this.#up[q - 1] as number) - start;
    let [pull, pullUp, late] = [0, 0, 0];
    for (let at = p; at < q; at++) {
      const server = this.#order[at] as number;
      const offset = (this.#up[at] as number) - start;
      for (let e = from[server] as number; e < (from[server + 1] as number); e++) {
        const other = to[e] as number;
        const place = this.#position[other] as number;
        if (place >= p && place < q) continue;
        const y = place < p ? place : place - (q - p);
        const w = weight[e] as number;
        this.#pull[y] = (this.#pull[y] as number) + w;
        this.#pullLate[y] = (this.#pullLate[y] as number) + w * offset;
        pull += w;
        pullUp += w * this.#restUp(y, p, q, time);
        late += w * offset;
      }
    }
    return { time, pull, pullUp, late };
  }

  #forget(p: number, q: number): void {
    const { from, to } = this.#instance;
    for (let at = p; at < q; at++) {
      const server = this.#order[at] as number;
      for (let e = from[server] as number; e < (from[server + 1] as number); e++) {
        const place = this.#position[to[e] as number] as number;
        if (place >= p && place < q) continue;
        const y = place < p ? place : place - (q - p);
        this.#pull[y] = 0;
        this.#pullLate[y] = 0;
      }
    }
  }

  /** The services that the segment is only part of: how they stand in the row without it, and in it. */
  #ownServices(p: number, q: number): { touched: Touched[]; closed: Float64Array } {
    const { service, members, serviceWeight, down } = this.#instance;
    const start = p === 0 ? 0 : (this.#up[p - 1] as number);
    const time = (this.#up[q - 1] as number) - start;
    const byService = new Map<number, { count: number; downAt: number; upAt: number }>();
    for (let at = p; at < q; at++) {
      const server = this.#order[at] as number;
      const own = service[server] as number;
      const upAt = (this.#up[at] as number) - start;
      const known = byService.get(own);
      if (known === undefined) byService.set(own, { count: 1, downAt: upAt - (down[server] as number), upAt });
      else byService.set(own, { ...known, count: known.count + 1, upAt });
    }
    const steps = this.#gain.fill(0);
    const touched: Touched[] = [];
    for (const [own, { count, downAt, upAt }] of byService) {
      const list = members[own] as readonly number[];
      const weight = serviceWeight[own] as number;
      if (count === list.length || weight === 0) continue;
      let [first, last] = [this.#order.length, -1];
      let [full, fullLast] = [this.#order.length, -1];
      for (const member of list) {
        const place = this.#position[member] as number;
        full = Math.min(full, place);
        fullLast = Math.max(fullLast, place);
        if (place >= p && place < q) continue;
        const y = this.#restPosition(member, p, q);
        first = Math.min(first, y);
        last = Math.max(last, y);
      }
      const head = this.#order[first < p ? first : first + q - p] as number;
      const downFirst = this.#restUp(first, p, q, time) - (down[head] as number);
      touched.push({ weight, first, last, downFirst, upLast: this.#restUp(last, p, q, time), downAt, upAt });
      // The rate of the whole row holds this service wherever it is open; it is counted by itself instead.
      addSpan(steps, full, fullLast, p, q, weight);
    }
    const closed = this.#extra;
    let sum = 0;
    for (let slot = 0; slot < closed.length; slot++) {
      sum += steps[slot] as number;
      closed[slot] = sum;
    }
    return { touched, closed };
  }

  /** The slots that what must come first, and what must come later, leave. */
  #reach(p: number, q: number): [number, number] {
    const { predecessors, successors, size } = this.#instance;
    let [low, high] = [0, size - (q - p)];
    for (let at = p; at < q; at++) {
      const server = this.#order[at] as number;
      for (const first of predecessors[server] as readonly number[]) {
        const place = this.#position[first] as number;
        if (place < p || place >= q) low = Math.max(low, this.#restPosition(first, p, q) + 1);
      }
      for (const later of successors[server] as readonly number[]) {
        const place = this.#position[later] as number;
        if (place < p || place >= q) high = Math.min(high, this.#restPosition(later, p, q));
      }
    }
    return [low, high];
  }

  /** Whether a slot tears no set that moves together. */
  #isAllowed(slot: number, p: number, q: number, rest: number): boolean {
    const { group, groups } = this.#instance;
    if (groups.length === 0) return true;
    const groupAt = (y: number): number =>
      y < 0 || y >= rest ? -1 : (group[this.#order[y < p ? y : y + q - p] as number] as number);
    const [left, right] = [groupAt(slot - 1), groupAt(slot)];
    const own = group[this.#order[p] as number] as number;
    const isPart = own >= 0 && (groups[own]?.length ?? 0) > q - p;
    if (isPart) return left === own || right === own;
    return left < 0 || left !== right;
  }
}

interface Touched {
  readonly weight: number;
  readonly first: number;
  readonly last: number;
  readonly downFirst: number;
  readonly upLast: number;
  readonly downAt: number;
  readonly upAt: number;
}

/** How long a service is down when its segment stands in a slot that begins at `start` and takes `time`. */
function openTime({ first, last, downFirst, upLast, downAt, upAt }: Touched, slot: number, start: number, time: number): number {
  if (slot <= first) return upLast + time - (start + downAt);
  if (slot > last) return start + upAt - downFirst;
  return upLast + time - downFirst;
}

/** Marks the slots whose boundary in the whole row lies inside a service's span; slots up to `p` stand for their own boundary, later ones for the one behind the segment. */
function addSpan(steps: Float64Array, first: number, last: number, p: number, q: number, weight: number): void {
  const mark = (low: number, high: number): void => {
    if (low > high) return;
    steps[low] = (steps[low] as number) + weight;
    steps[high + 1] = (steps[high + 1] as number) - weight;
  };
  mark(first + 1, Math.min(last, p));
  mark(Math.max(first + 1, q + 1) - (q - p), last - (q - p));
}

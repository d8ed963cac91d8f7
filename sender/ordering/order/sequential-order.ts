import { disruptionRates, positionsOf } from './disruption.ts';
import type { Instance } from './instance.ts';
import { type OrderState, Segment } from './segment.ts';
import { keepsSetsTogether, slotRange } from './slot-constraints.ts';
import { type BetterSlot, SlotSearch } from './slot-search.ts';

/**
 * An order in which servers move one after the other, without waves, and in which segments are
 * moved to other slots.
 */
export class SequentialOrder {
  readonly #instance: Instance;
  readonly #search: SlotSearch;
  readonly #time: Float64Array;
  #state: OrderState;

  constructor(instance: Instance, order: Int32Array) {
    const { before, down } = instance;
    this.#instance = instance;
    this.#search = new SlotSearch(instance);
    this.#time = before.map((time, i) => time + (down[i] as number));
    this.#state = this.#stateOf(order.slice());
  }

  get order(): Int32Array {
    return this.#state.order;
  }

  positionOf(server: number): number {
    return this.#state.position[server] as number;
  }

  /** What the order costs, in quanta × units. */
  get cost(): number {
    const { size, down, before, lengthWeight, service, members, serviceWeight } = this.#instance;
    const { order, rate } = this.#state;
    let cost = 0;
    const begun = new Uint8Array(members.length);
    for (let p = 0; p < size; p++) {
      const server = order[p] as number;
      const own = service[server] as number;
      cost += ((rate[p] as number) + lengthWeight) * ((before[server] as number) + (down[server] as number));
      if (begun[own] === 0) cost += (serviceWeight[own] as number) * (down[server] as number);
      begun[own] = 1;
    }
    return cost;
  }

  /**
   * The best other slot for the servers from `p` until `q`; null where they already stand in it.
   */
  bestSlot(p: number, q: number): BetterSlot | null {
    return this.#search.best(this.#state, new Segment(this.#state, p, q));
  }

  /** Whether the servers from `p` until `q` keep the constraints in a slot among the others. */
  allows(p: number, q: number, slot: number): boolean {
    const segment = new Segment(this.#state, p, q);
    const { low, high } = slotRange(this.#instance, this.#state, segment);
    return slot >= low && slot <= high && keepsSetsTogether(this.#instance, this.#state, segment, slot);
  }

  /** Moves the servers from `p` until `q` to a slot among the others. */
  move(p: number, q: number, slot: number): void {
    const { order } = this.#state;
    const length = q - p;
    const segment = order.slice(p, q);
    if (slot < p) order.copyWithin(slot + length, slot, p);
    else order.copyWithin(p, q, slot + length);
    order.set(segment, slot);
    this.#state = this.#stateOf(order);
  }

  /** Starts again from another order. */
  reset(order: Int32Array): void {
    this.#state = this.#stateOf(order.slice());
  }

  #stateOf(order: Int32Array): OrderState {
    const upAt = new Float64Array(order.length);
    let up = 0;
    for (let p = 0; p < order.length; p++) {
      up += this.#time[order[p] as number] as number;
      upAt[p] = up;
    }
    return { order, position: positionsOf(order), rate: disruptionRates(this.#instance, order), upAt };
  }
}

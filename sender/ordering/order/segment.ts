/** An order of servers that move one after the other, with what follows from it. */
export interface OrderState {
  readonly order: Int32Array;
  /** By server: its position in the order. */
  readonly position: Int32Array;
  /** By boundary before a position: the weight of what is disturbed there. */
  readonly rate: Float64Array;
  /** By position: when that server is up, in quanta. */
  readonly upAt: Float64Array;
}

/**
 * The servers from position `from` until `until`, taken out of an order; the other servers are the
 * rest.
 */
export class Segment {
  readonly from: number;
  readonly until: number;
  readonly length: number;
  readonly restLength: number;
  /** When its first server begins in the whole order. */
  readonly start: number;
  /** How long its servers take. */
  readonly time: number;
  readonly #state: OrderState;

  constructor(state: OrderState, from: number, until: number) {
    this.#state = state;
    this.from = from;
    this.until = until;
    this.length = until - from;
    this.restLength = state.order.length - this.length;
    this.start = from === 0 ? 0 : (state.upAt[from - 1] as number);
    this.time = (state.upAt[until - 1] as number) - this.start;
  }

  /** Whether it holds a position of the whole order. */
  holds(position: number): boolean {
    return position >= this.from && position < this.until;
  }

  /** The position in the rest that belongs to a position in the whole order. */
  inRest(position: number): number {
    return position < this.from ? position : position - this.length;
  }

  /** The server at a position of the rest. */
  restServerAt(position: number): number {
    return this.#state.order[position < this.from ? position : position + this.length] as number;
  }

  /** When the server at a position of the rest is up, without the segment. */
  restUpAt(position: number): number {
    const { upAt } = this.#state;
    return position < this.from ? (upAt[position] as number) : (upAt[position + this.length] as number) - this.time;
  }
}

/**
 * Gives the slot to others while a move only waits; resolves when the wait is over and the move has
 * a slot again.
 */
export type WithoutSlot = <T>(waiting: () => Promise<T>) => Promise<T>;

interface Waiting {
  readonly place: number;
  readonly give: () => void;
}

/**
 * Slots for moves: so many at once, first come, first served. A move that comes back from waiting
 * is served before those that have not begun, in the order in which they first came.
 */
export class Slots {
  #free: number;
  #came = 0;
  readonly #queue: Waiting[] = [];
  readonly #back: Waiting[] = [];

  constructor(width: number) {
    this.#free = width;
  }

  /** Does work in a slot of its own. */
  async hold<T>(work: (withoutSlot: WithoutSlot) => Promise<T>): Promise<T> {
    const place = this.#came;
    this.#came += 1;
    await this.#take(this.#queue, place);
    try {
      return await work((waiting) => this.#waitOutside(waiting, place));
    } finally {
      this.#give();
    }
  }

  async #waitOutside<T>(waiting: () => Promise<T>, place: number): Promise<T> {
    this.#give();
    try {
      return await waiting();
    } finally {
      await this.#take(this.#back, place);
    }
  }

  async #take(queue: Waiting[], place: number): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    queue.push({ place, give: resolve });
    queue.sort((a, b) => a.place - b.place);
    await promise;
  }

  #give(): void {
    const next = this.#back.shift() ?? this.#queue.shift();
    if (next === undefined) this.#free += 1;
    else next.give();
  }
}

/** Leaves the place to others while something is only waited for; returns with a place again. */
export type Aside = <T>(waiting: () => Promise<T>) => Promise<T>;

interface Waiting {
  readonly place: number;
  readonly give: () => void;
}

/** Places for work: so many at once, first come, first served; who comes back from waiting is served before those that never came, in the same order. */
export class Slots {
  #free: number;
  #came = 0;
  readonly #queue: Waiting[] = [];
  readonly #back: Waiting[] = [];

  constructor(width: number) {
    this.#free = width;
  }

  /** Works in a place of its own. */
  async hold<T>(work: (aside: Aside) => Promise<T>): Promise<T> {
    const place = this.#came;
    this.#came += 1;
    await this.#take(this.#queue, place);
    try {
      return await work((waiting) => this.#aside(waiting, place));
    } finally {
      this.#give();
    }
  }

  async #aside<T>(waiting: () => Promise<T>, place: number): Promise<T> {
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

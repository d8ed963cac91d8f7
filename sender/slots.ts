/** Leaves the place to others while something is only waited for; returns with a place again. */
export type Aside = <T>(waiting: () => Promise<T>) => Promise<T>;

/** Places for work: so many at once, first come, first served; who comes back from waiting is served first. */
export class Slots {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(width: number) {
    this.#free = width;
  }

  /** Works in a place of its own. */
  async hold<T>(work: (aside: Aside) => Promise<T>): Promise<T> {
    await this.#take('last');
    try {
      return await work((waiting) => this.#aside(waiting));
    } finally {
      this.#give();
    }
  }

  async #aside<T>(waiting: () => Promise<T>): Promise<T> {
    this.#give();
    try {
      return await waiting();
    } finally {
      await this.#take('first');
    }
  }

  async #take(place: 'first' | 'last'): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    if (place === 'first') this.#queue.unshift(resolve);
    else this.#queue.push(resolve);
    await promise;
  }

  #give(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

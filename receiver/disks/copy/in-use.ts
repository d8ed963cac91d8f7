/** Works under way on something that must not be closed beneath them. */
export class InUse {
  readonly #under = new Set<Promise<unknown>>();

  /** Runs a work and counts it until it has ended. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#under.add(running);
    try {
      return await running;
    } finally {
      this.#under.delete(running);
    }
  }

  /** Runs a work that uses several things, and counts it for each. */
  static together<T>(all: readonly InUse[], work: () => Promise<T>): Promise<T> {
    return all.reduce<() => Promise<T>>((inner, works) => () => works.run(inner), work)();
  }

  /** Resolves when every work that was under way has ended, well or not. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#under);
  }
}

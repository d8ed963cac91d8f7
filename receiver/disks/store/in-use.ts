/** Counts the work on an open file, so that the file is not closed before the work has ended. */
export class InUse {
  readonly #running = new Set<Promise<unknown>>();

  /** Runs `work`, and counts it until it has ended. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Runs work that uses several files, and counts it for each. */
  static async together<T>(all: readonly InUse[], work: () => Promise<T>): Promise<T> {
    const running = work();
    for (const one of all) one.#running.add(running);
    try {
      return await running;
    } finally {
      for (const one of all) one.#running.delete(running);
    }
  }

  /** Resolves when all work under way has ended, whether it failed or not. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}

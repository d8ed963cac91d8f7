/** What was started and must be stopped, the latest first. */
export class Endings {
  readonly #ends: { readonly what: string; readonly end: () => Promise<unknown> }[] = [];
  #over = false;

  /** Adds something that was started. What is added after `run` is stopped at once. */
  add(what: string, end: () => Promise<unknown>): void {
    if (this.#over) void end().catch(() => undefined);
    else this.#ends.push({ what, end });
  }

  /**
   * Stops everything in reverse order; throws one error that names all that could not be stopped.
   */
  async run(): Promise<void> {
    this.#over = true;
    const failures: string[] = [];
    for (let last = this.#ends.pop(); last !== undefined; last = this.#ends.pop()) {
      const { what, end } = last;
      await end().catch((error: unknown) => failures.push(`${what}: ${String(error)}`));
    }
    if (failures.length > 0) throw new Error(`Not everything could be ended:\n${failures.join('\n')}`);
  }
}

/** How long a watcher waits at most: figures such as a rate change without a notification. */
const lookMs = 1_000;

/** Wakes those who watch the sender whenever its status may have changed. */
export class Changes {
  #next = Promise.withResolvers<void>();

  /** Says that something may have changed. */
  notify(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
  }

  /** Resolves when something may have changed, when the signal aborts, or after a second. */
  async wait(signal: AbortSignal): Promise<void> {
    const timer = Promise.withResolvers<void>();
    const timeout = setTimeout(timer.resolve, lookMs);
    signal.addEventListener('abort', () => timer.resolve(), { once: true });
    await Promise.race([this.#next.promise, timer.promise]);
    clearTimeout(timeout);
  }
}

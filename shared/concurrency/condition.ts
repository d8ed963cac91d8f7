import { abortable } from './abortable.ts';

/**
 * A condition variable: callers wait for a notification, and are woken one by one in the order they
 * came, or all at once.
 */
export class Condition {
  readonly #waiting = new Set<() => void>();

  /** Whether nobody waits. */
  get isIdle(): boolean {
    return this.#waiting.size === 0;
  }

  /**
   * Waits for a notification; throws the reason of the first of `signals` that aborts before one
   * comes.
   */
  async wait(signals: readonly AbortSignal[] = []): Promise<void> {
    let wake: (() => void) | undefined;
    try {
      await abortable<void>(signals, (resolve) => {
        wake = resolve;
        this.#waiting.add(resolve);
      });
    } finally {
      if (wake !== undefined) this.#waiting.delete(wake);
    }
  }

  /** Wakes the caller that has waited longest; returns whether there was one. */
  notifyOne(): boolean {
    const [wake] = this.#waiting;
    if (wake === undefined) return false;
    this.#waiting.delete(wake);
    wake();
    return true;
  }

  /** Wakes every caller. */
  notifyAll(): void {
    const woken = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of woken) wake();
  }
}

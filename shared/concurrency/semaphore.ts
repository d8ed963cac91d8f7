import { abortable } from './abortable.ts';

/** A bounded number of places, given out in the order they were asked for. */
export class Semaphore {
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** Waits for a place. MUST be followed by exactly one `leave`, unless it throws, which it does when one of `signals` aborts first. */
  async enter(signals: readonly AbortSignal[]): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    let mine: (() => void) | undefined;
    try {
      await abortable<void>(signals, (resolve) => {
        mine = resolve;
        this.#waiting.add(mine);
      });
    } catch (reason) {
      // A place that was handed over in the same turn as the abort goes on to the next in line.
      if (mine && !this.#waiting.delete(mine)) this.leave();
      throw reason;
    }
  }

  /** Gives a place back. */
  leave(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}

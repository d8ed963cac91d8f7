import { Condition } from './condition.ts';

/**
 * Gives the place to others while something is only waited for; returns once there is a place
 * again.
 */
export type Aside = <T>(waiting: () => Promise<T>) => Promise<T>;

/**
 * A bounded number of places, given out in the order in which they were asked for; work that
 * returns from aside goes first.
 */
export class Semaphore {
  readonly #waiting = new Condition();
  /** Work that returns from aside, by the order in which it first asked for a place. */
  readonly #returning = new Map<number, () => void>();
  #free: number;
  #tickets = 0;

  constructor(places: number) {
    this.#free = places;
  }

  /**
   * Runs `work` in a place of its own. Where `signal` aborts before there is one, `work` is not
   * begun and the reason is thrown.
   */
  async run<T>(work: (aside: Aside) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const ticket = this.#tickets;
    this.#tickets += 1;
    await this.enter(signal === undefined ? [] : [signal]);
    try {
      return await work((waiting) => this.#aside(waiting, ticket));
    } finally {
      this.leave();
    }
  }

  /**
   * Waits for a place; throws when one of `signals` aborts first. Otherwise exactly one `leave`
   * MUST follow.
   */
  async enter(signals: readonly AbortSignal[]): Promise<void> {
    for (const signal of signals) signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#waiting.wait(signals);
  }

  /** Gives a place back: to whoever returns from aside, or else to whoever has waited longest. */
  leave(): void {
    if (this.#giveToReturning() || this.#waiting.notifyOne()) return;
    this.#free += 1;
  }

  async #aside<T>(waiting: () => Promise<T>, ticket: number): Promise<T> {
    this.leave();
    try {
      return await waiting();
    } finally {
      if (this.#free > 0) this.#free -= 1;
      else await new Promise<void>((resolve) => void this.#returning.set(ticket, resolve));
    }
  }

  #giveToReturning(): boolean {
    if (this.#returning.size === 0) return false;
    const first = Math.min(...this.#returning.keys());
    this.#returning.get(first)?.();
    return this.#returning.delete(first);
  }
}

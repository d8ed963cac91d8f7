import { Semaphore } from '../../../shared/concurrency/semaphore.ts';

/** The share of saved bytes below which asking costs more than it saves. */
const leastShare = 0.03;

/**
 * The weight of the latest answer. Some sixteen must save nothing before asking stops: a file
 * system begins with unique blocks, and a request costs little.
 */
const weight = 0.2;

/** Where requests do not pay, one in so many is still made: the rest of a disk may differ. */
const askAnyway = 8;

/** Requests at once; the next ones depend on what these have saved. */
const mostAsked = 4;

/** Decides from the last answers whether asking for the digests of pieces pays. */
export class Savings {
  readonly #asked = new Semaphore(mostAsked);
  #share = 1;
  #passed = 0;

  /** Calls `ask` where that pays, else returns `otherwise`. Throws the signal's reason. */
  ask<T>(signal: AbortSignal, ask: () => Promise<T>, otherwise: T): Promise<T> {
    return this.#asked.run(async () => (this.#pays() ? await ask() : otherwise), signal);
  }

  #pays(): boolean {
    if (this.#share >= leastShare) return true;
    this.#passed += 1;
    return this.#passed % askAnyway === 0;
  }

  /** Learns from an answer: of `asked` bytes so many were here already. */
  learn(saved: number, asked: number): void {
    if (asked > 0) this.#share += weight * (saved / asked - this.#share);
  }
}

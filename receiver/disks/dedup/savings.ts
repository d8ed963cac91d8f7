import { Semaphore } from '../../../shared/concurrency/semaphore.ts';

/** Where less than this share of the bytes is saved, asking costs more than it saves. */
const leastShare = 0.03;

/**
 * The weight of the latest answer: some sixteen must save nothing before asking stops, because a
 * file system begins with what no other has, and a request costs little.
 */
const weight = 0.2;

/** Where requests do not pay, one in so many is made anyway: the rest of a disk may differ. */
const askAnyway = 8;

/** Requests at once: the next ones are decided by what these have saved. */
const mostAsked = 4;

/** Decides by what the last answers saved whether to ask for the digests of pieces. */
export class Savings {
  readonly #asked = new Semaphore(mostAsked);
  #share = 1;
  #passed = 0;

  /**
   * Asks by `ask` where that pays, and returns `otherwise` where not. Throws the signal's reason.
   */
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

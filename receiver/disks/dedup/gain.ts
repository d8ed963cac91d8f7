import { Semaphore } from '../../../shared/concurrency/semaphore.ts';

/** Less than this share of the bytes saved, and asking costs more than it gives. */
const leastShare = 0.03;

/**
 * How much the latest answer counts. Some sixteen in vain and no more are asked: a file system
 * begins with what no other has, and a question costs a five-hundredth of what it may save.
 */
const weight = 0.2;

/**
 * Where questions do not pay, one in so many is asked all the same: the disk may change its nature
 * further on.
 */
const askAnyway = 8;

/** Questions under way at once: the next should know what these have told. */
const mostAsked = 4;

/** Whether it pays to ask what blocks are made of, learned from what the last answers saved. */
export class Gain {
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

import { Semaphore } from '../../shared/concurrency/semaphore.ts';
import { Problem } from '../../shared/problem.ts';

/** How many works of all owners together are under way, and how many of one owner may wait. */
const atOnce = 4;
const mostWaiting = 4;

/** Works on what takes long for one owner at a time each, whoever asks and how often. */
export class Turns {
  readonly #what: string;
  /** An owner is at most once in this line, so that it is fair. */
  readonly #all = new Semaphore(atOnce);
  readonly #owners = new Map<string, { readonly own: Semaphore; asked: number }>();

  /** `what`: the works, in the plural. */
  constructor(what: string) {
    this.#what = what;
  }

  /**
   * Does one work after the earlier ones of its owner; not at all where `signal` aborts before.
   * Throws E_BUSY where too many wait.
   */
  async run<T>(owner: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const turn = this.#owners.get(owner) ?? { own: new Semaphore(1), asked: 0 };
    if (turn.asked > mostWaiting)
      throw new Problem(
        'E_BUSY',
        `The ${this.#what} of one sender are answered one at a time, and ${mostWaiting} wait already.`,
        {
          hint: 'Ask again when one of them has its answer.',
        },
      );
    this.#owners.set(owner, turn);
    turn.asked += 1;
    try {
      return await turn.own.run(() => this.#all.run(work, signal), signal);
    } finally {
      turn.asked -= 1;
      if (turn.asked === 0) this.#owners.delete(owner);
    }
  }
}

import { type Dated, Journal } from '../../shared/journal.ts';

/** The power of one daemon: it may be cut before a record of its journals becomes durable. */
export class Power {
  /** Resolves when the cut has come. */
  readonly cut: Promise<void>;
  readonly #folder: string;
  readonly #before: number;
  readonly #journals = new Set<Journal<object>>();
  readonly #cutNow: () => void;
  #records = 0;
  #isOff = false;

  /**
   * Watches the journals below `folder`; `before` is a record's number, from 1; Infinity never
   * cuts.
   */
  constructor(folder: string, before = Number.POSITIVE_INFINITY) {
    this.#folder = folder;
    this.#before = before;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.cut = promise;
    this.#cutNow = resolve;
    lives.set(folder, this);
  }

  get isOff(): boolean {
    return this.#isOff;
  }

  /** Records that became durable in this life, or would have. */
  get records(): number {
    return this.#records;
  }

  /** Cuts it now. */
  off(): void {
    this.#isOff = true;
    for (const journal of this.#journals) {
      ended.add(journal);
      // A process that was killed has no open files; one that was closed before is closed already.
      journal.close().catch(() => undefined);
    }
    this.#cutNow();
  }

  /** Whether the next record of a journal still becomes durable. */
  lets(journal: Journal<object>): boolean {
    if (!journal.path.startsWith(`${this.#folder}/`)) return true;
    this.#journals.add(journal);
    this.#records += 1;
    if (this.#records >= this.#before) this.off();
    return !this.#isOff;
  }
}

const lives = new Map<string, Power>();
const ended = new WeakSet<object>();
const append = Journal.prototype.append;

/** Never resolves: a daemon without power writes nothing more, and nothing follows. */
Journal.prototype.append = async function <F extends object>(this: Journal<F>, fact: F): Promise<Dated<F>> {
  const journal = this as unknown as Journal<object>;
  const isDead = ended.has(journal) || ![...lives.values()].every((power) => power.lets(journal));
  return isDead ? new Promise<never>(() => undefined) : (append.call(this, fact) as Promise<Dated<F>>);
};

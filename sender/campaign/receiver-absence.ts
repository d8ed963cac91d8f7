import { Problem } from '../../shared/problem.ts';

/**
 * Watches how long the receiver is away; aborts after too long, with the problem that caused it.
 */
export class ReceiverAbsence {
  readonly #limitMs: number;
  readonly #tooLong = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #problem: Problem | null = null;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.heard(false, null);
  }

  /** Aborts when the receiver has been away for too long. */
  get signal(): AbortSignal {
    return this.#tooLong.signal;
  }

  /** Notes whether the receiver is connected, and the problem where it is not. */
  heard(connected: boolean, problem: Problem | null): void {
    this.#problem = problem;
    if (connected) this.stop();
    else this.#timer ??= setTimeout(() => this.#tooLong.abort(this.#problem ?? this.#away()), this.#limitMs);
  }

  /** Stops waiting; MUST be called when nobody needs the receiver any more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #away(): Problem {
    return new Problem('E_PEER_LOST', `The receiver was away for ${Math.round(this.#limitMs / 1000)} s.`);
  }
}

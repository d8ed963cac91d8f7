import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from './refusal.ts';

/**
 * Runs what a real cloud does after it has answered.
 *
 * Work ends early, without a trace, when the twin stops: as the work of a real service does when
 * its process dies.
 */
export class Background {
  readonly #pace: number;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();

  /** `pace` scales every pause; 0 leaves pauses asynchronous but as short as they can be. */
  constructor(pace: number) {
    this.#pace = pace;
  }

  /** Aborted when the twin stops. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Waits for a stage of the given length; throws when the twin stops. */
  async pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds * this.#pace, undefined, { signal: this.#stop.signal });
  }

  /**
   * Starts work that nobody waits for.
   *
   * A refusal ends the work, as an agent gives up what the service refuses; any other failure is a
   * defect of the twin and surfaces.
   */
  run(work: () => Promise<void>): void {
    const promise = work()
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted && !(error instanceof Refusal)) throw error;
      })
      .finally(() => this.#running.delete(promise));
    this.#running.add(promise);
  }

  /** Aborts what runs and waits until it has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#running);
  }
}

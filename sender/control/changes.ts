import { Condition } from '../../shared/concurrency/condition.ts';

/** How long a watcher waits at most: figures such as a rate change without a notification. */
const lookMs = 1_000;

/** Wakes those who watch the sender whenever its status may have changed. */
export class Changes {
  readonly #changed = new Condition();

  /** Says that something may have changed. */
  notify(): void {
    this.#changed.notifyAll();
  }

  /** Resolves when something may have changed, when the signal aborts, or after a second. */
  async wait(signal: AbortSignal): Promise<void> {
    await this.#changed.wait([signal, AbortSignal.timeout(lookMs)]).catch(() => undefined);
  }
}

import { Condition } from '../../../shared/concurrency/condition.ts';

/** How long after another disk's pull a window counts as shared: milliseconds. */
const sharedMs = 1000;

/** Raw bytes a session may have requested and not yet written; what arrives must fit in memory. */
export class Window {
  readonly #room = new Condition();
  #free: number;
  #last: object | undefined;
  #sharedUntil = 0;

  constructor(bytes: number) {
    this.#free = bytes;
  }

  /** Whether several disks pull at this time. */
  get isShared(): boolean {
    return performance.now() < this.#sharedUntil;
  }

  /**
   * Waits for room for `owner`; the last to enter may exceed the limit. MUST be followed by one
   * `leave` of as much, unless it throws the signal's reason.
   */
  async enter(bytes: number, owner: object, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#last !== undefined && this.#last !== owner) this.#sharedUntil = performance.now() + sharedMs;
    this.#last = owner;
    if (!this.#room.isIdle || this.#free <= 0) await this.#room.wait([signal]);
    this.#free -= bytes;
    this.#wake();
  }

  leave(bytes: number): void {
    this.#free += bytes;
    this.#wake();
  }

  #wake(): void {
    if (this.#free > 0) this.#room.notifyOne();
  }
}

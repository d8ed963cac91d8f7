import { Condition } from '../../../shared/concurrency/condition.ts';

/** How long after another disk's pull a window counts as shared: milliseconds. */
const sharedMs = 1000;

/** Raw bytes a session may have requested and not yet written; what arrives must fit in memory. */
export class Window {
  readonly #room = new Condition();
  #free: number;
  #last: object | undefined;
  #sharedUntil = 0;
  readonly #all: Window | null;
  #inside = 0;

  /**
   * `all`: the window that the sessions of a daemon share. One that has nothing requested need not
   * wait there: a sender that does not answer keeps no other waiting.
   */
  constructor(bytes: number, all: Window | null = null) {
    this.#free = bytes;
    this.#all = all;
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
    this.#inside += 1;
    this.#wake();
    if (this.#all === null) return;
    try {
      if (this.#inside === 1) this.#all.#free -= bytes;
      else await this.#all.enter(bytes, this, signal);
    } catch (error) {
      this.#leave(bytes);
      throw error;
    }
  }

  leave(bytes: number): void {
    this.#leave(bytes);
    this.#all?.leave(bytes);
  }

  #leave(bytes: number): void {
    this.#free += bytes;
    this.#inside -= 1;
    this.#wake();
  }

  #wake(): void {
    if (this.#free > 0) this.#room.notifyOne();
  }
}

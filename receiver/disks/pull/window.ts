import { Condition } from '../../../shared/concurrency/condition.ts';

/** How long after another disk's pull a window counts as shared: milliseconds. */
const sharedMs = 1000;

/** How long a session that has nothing requested waits for what all share: milliseconds. */
const patienceMs = 10_000;

/** Raw bytes a session may have requested and not yet written; what arrives must fit in memory. */
export class Window {
  readonly #room = new Condition();
  #free: number;
  #last: object | undefined;
  #sharedUntil = 0;
  readonly #all: Window | null;
  #inside = 0;

  /**
   * `all`: the window that the sessions of a daemon share. One that has nothing requested waits
   * there for a moment only: a sender that does not answer holds up no other for long.
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
      await this.#all.#share(bytes, this.#inside === 1, signal);
    } catch (error) {
      this.#leave(bytes);
      throw error;
    }
  }

  /** As `enter`, but that who has nothing inside waits for a while only. */
  async #share(bytes: number, isFirst: boolean, signal: AbortSignal): Promise<void> {
    const patience = isFirst ? [AbortSignal.timeout(patienceMs)] : [];
    try {
      if (!this.#room.isIdle || this.#free <= 0) await this.#room.wait([signal, ...patience]);
    } catch (error) {
      if (signal.aborted || !isFirst) throw error;
    }
    this.#free -= bytes;
    this.#inside += 1;
    this.#wake();
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

import { limits } from '../../../protocol/limits.ts';
import { Condition } from '../../../shared/concurrency/condition.ts';

const MiB = 1024 * 1024;

/** How long after another disk's pull a window counts as shared: milliseconds. */
const sharedMs = 1000;

/** How long a session that was granted nothing waits for what all share: milliseconds. */
const patienceMs = 10_000;

/**
 * Raw bytes under way over one lane, and more for each further lane: a sender opens those where
 * the line holds more than one of them does.
 */
const oneLaneBytes = 24 * MiB;
const nextLaneBytes = 16 * MiB;

/**
 * Most raw bytes of a pull while other disks pull too, so that a few scattered blocks wait for at
 * most one frame.
 */
const sharedPullBytes = limits.frameBytes / 4;

/** Raw bytes a session may have requested and not yet written; what arrives must fit in memory. */
export class Window {
  readonly #most: number;
  readonly #lanes: () => number;
  readonly #room = new Condition();
  #taken = 0;
  #last: object | undefined;
  #sharedUntil = 0;
  readonly #all: Window | null;
  /** Pulls that the window of all sessions has let in, without those that wait for it. */
  #granted = 0;

  /**
   * `most` bounds its bytes; `lanes` tells over how many lanes the answers come now. `all`: the
   * window that the sessions of a daemon share. One of whose pulls none is let in waits there for a
   * moment only: a sender that does not answer holds up no other for long.
   */
  constructor(most: number, lanes: () => number = () => 1, all: Window | null = null) {
    this.#most = most;
    this.#lanes = lanes;
    this.#all = all;
  }

  /** Lanes that the answers come over; one where they come over the main connection. */
  get lanes(): number {
    return Math.max(1, this.#lanes());
  }

  /** Most raw bytes of one pull. */
  get pullBytes(): number {
    return this.isShared ? sharedPullBytes : limits.frameBytes;
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
    if (!this.#room.isIdle || !this.#isOpen) await this.#room.wait([signal]);
    this.#taken += bytes;
    this.#wake();
    if (this.#all === null) return;
    try {
      await this.#all.#share(bytes, this, signal);
    } catch (error) {
      this.#leave(bytes);
      throw error;
    }
  }

  /** As `enter`, but a session that was granted nothing waits for a while only. */
  async #share(bytes: number, session: Window, signal: AbortSignal): Promise<void> {
    if (!this.#room.isIdle || !this.#isOpen) await this.#waitAs(session, signal);
    session.#granted += 1;
    this.#taken += bytes;
    this.#wake();
  }

  /** Looks again and again: what the session was granted may leave while this pull waits. */
  async #waitAs(session: Window, signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    const looking = setInterval(() => {
      if (session.#granted === 0) enough.abort();
    }, patienceMs);
    try {
      await this.#room.wait([signal, enough.signal]);
    } catch (error) {
      if (!enough.signal.aborted) throw error;
      signal.throwIfAborted();
    } finally {
      clearInterval(looking);
    }
  }

  leave(bytes: number): void {
    this.#leave(bytes);
    if (this.#all === null) return;
    this.#granted -= 1;
    this.#all.#leave(bytes);
  }

  #leave(bytes: number): void {
    this.#taken -= bytes;
    this.#wake();
  }

  get #isOpen(): boolean {
    return this.#taken < Math.min(this.#most, oneLaneBytes + (this.lanes - 1) * nextLaneBytes);
  }

  #wake(): void {
    if (this.#isOpen) this.#room.notifyOne();
  }
}

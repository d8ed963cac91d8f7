import { limits } from '../../../protocol/limits.ts';
import { Condition } from '../../../shared/concurrency/condition.ts';
import type { Share } from './shared-window.ts';

const MiB = 1024 * 1024;

/** How long after another disk's pull a window counts as shared: milliseconds. */
const sharedMs = 1000;

/**
 * Raw bytes under way over one lane, and more for each further lane: a sender opens those where
 * the line holds more than one of them does.
 */
const oneLaneBytes = 24 * MiB;
const nextLaneBytes = 16 * MiB;

/**
 * Most raw bytes of a pull while other disks pull too, so that a few scattered blocks wait for at
 * most one frame, and a hundred campaigns that get one pull each take little memory.
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
  readonly #share: Share | null;

  /**
   * `most` bounds its bytes; `lanes` tells over how many lanes the answers come now; `share` is
   * what it has of the window of all sessions.
   */
  constructor(most: number, lanes: () => number = () => 1, share: Share | null = null) {
    this.#most = most;
    this.#lanes = lanes;
    this.#share = share;
  }

  /** Lanes that the answers come over; one where they come over the main connection. */
  get lanes(): number {
    return Math.max(1, this.#lanes());
  }

  /** Most raw bytes of one pull. */
  get pullBytes(): number {
    return this.isShared || this.#share?.isCrowded() === true ? sharedPullBytes : limits.frameBytes;
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
    try {
      await this.#share?.enter(bytes, signal);
    } catch (error) {
      this.#leave(bytes);
      throw error;
    }
  }

  leave(bytes: number): void {
    this.#leave(bytes);
    this.#share?.leave(bytes);
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

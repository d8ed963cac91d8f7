/**
 * What may be caught up after a timer that was late, so that the limit is reached and not only
 * kept: milliseconds.
 */
const catchUpMs = 50;

/** Bounds the bytes per second of everything that takes from it. Without a limit nothing waits. */
export class Throttle {
  readonly #now: () => number;
  #bytesPerMs: number | null = null;
  #taken = 0;
  /** When all that was taken would have been sent. */
  #freeAtMs = 0;

  /** `now` is a clock in milliseconds that never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Sets the limit, bytes per second; null lifts it. What was taken under another limit is not held
   * against the new one.
   */
  limit(bytesPerSecond: number | null): void {
    const bytesPerMs = bytesPerSecond === null ? null : bytesPerSecond / 1000;
    if (bytesPerMs === this.#bytesPerMs) return;
    this.#bytesPerMs = bytesPerMs;
    this.#freeAtMs = this.#now();
  }

  /** Bytes taken since the beginning, with and without a limit. */
  get takenBytes(): number {
    return this.#taken;
  }

  /** Milliseconds until more may be taken; 0 when it may be now. */
  get delayMs(): number {
    return this.#bytesPerMs === null ? 0 : Math.max(0, this.#freeAtMs - this.#now());
  }

  /** Takes bytes, however many; whoever comes next waits for them. */
  take(bytes: number): void {
    this.#taken += bytes;
    if (this.#bytesPerMs === null) return;
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#now() - catchUpMs) + bytes / this.#bytesPerMs;
  }
}

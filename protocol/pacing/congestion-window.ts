import type { Limits } from '../limits.ts';

/** A place in the stream whose arrival the other side confirms. */
interface Mark {
  readonly id: number;
  /** Bytes sent up to and with this place, since the beginning. */
  readonly upTo: number;
  readonly atMs: number;
  /** Bytes on their way when it was sent, its own included. */
  readonly inFlight: number;
  /** Whether the window, and not a lack of data, said how many. */
  readonly full: boolean;
}

/**
 * What the marks of one round have shown: the greatest rate (bytes per millisecond), the least
 * round trip, and the least with a full window.
 */
interface RateRound {
  readonly endsAt: number;
  rate: number;
  rttMs: number;
  fullRttMs: number;
}

/** The limits of the protocol that bound a window. */
export type CongestionLimits = Pick<Limits, 'queueMs' | 'leastWindowBytes' | 'windowBytes' | 'fragmentBytes' | 'pathMs'>;

/**
 * Bounds the bytes in flight to the line's rate times the least round trip plus `queueMs`, as TCP
 * BBR and LEDBAT (RFC 6817) do: Node can neither see nor bound the kernel's buffers. Times in ms.
 */
export class CongestionWindow {
  readonly #limits: CongestionLimits;
  readonly #marks: Mark[] = [];
  #window: number;
  #sent = 0;
  #marked = 0;
  #arrived = 0;
  /**
   * Since when something is on its way without a pause, and how long something was before, less a
   * round trip each time.
   */
  #busySinceMs = 0;
  #busyMs = 0;
  #nowMs = 0;
  #lastId = 0;
  #round = newRound(0);
  #rate = 0;
  #leastMs = Number.POSITIVE_INFINITY;
  #leastAtMs = 0;
  /** Until the first queue: the window doubles, as in the slow start of TCP. */
  #beginning = true;
  /** The widest window since the least round trip was measured with a thin stream. */
  #widest = 0;
  /** Where a thinner stream began, by which the least round trip is measured anew. */
  #thinFrom: number | undefined;

  constructor(limits: CongestionLimits) {
    this.#limits = limits;
    this.#window = Math.min(limits.windowBytes, 4 * limits.leastWindowBytes);
  }

  /** Bytes that may be on their way at once. */
  get windowBytes(): number {
    if (this.#thinFrom === undefined) return this.#window;
    // Just little enough that our own queue runs dry.
    const { leastWindowBytes, queueMs } = this.#limits;
    return Math.max(leastWindowBytes, this.#rate * Math.max(this.#leastMs - queueMs / 2, this.#leastMs / 4));
  }

  /**
   * Bytes to say at once: a sixteenth of the window, so that a ping between two of them is never
   * held up for long.
   */
  get fragmentBytes(): number {
    return Math.max(this.#limits.leastWindowBytes / 4, Math.min(this.#limits.fragmentBytes, Math.floor(this.windowBytes / 16)));
  }

  /** Bytes sent whose arrival is not confirmed. */
  get inFlightBytes(): number {
    return this.#sent - this.#arrived;
  }

  /** Bytes confirmed since the beginning. */
  get arrivedBytes(): number {
    return this.#arrived;
  }

  /**
   * The least round trip that is still believed: milliseconds; undefined before the first mark has
   * come back.
   */
  get rttMs(): number | undefined {
    return Number.isFinite(this.#leastMs) ? this.#leastMs : undefined;
  }

  /** What the line has carried when we gave it enough: bytes per second; 0 before it is known. */
  get bytesPerSecond(): number {
    return this.#rate * 1000;
  }

  /**
   * Whether a mark is due: thirty-two to a window, so that what one lets out is no burst; one
   * behind the last byte, or the last that the window lets out, opens it again.
   */
  isDue(last: boolean): boolean {
    const unmarked = this.#sent - this.#marked;
    const stuck = this.#marks.length === 0 && this.inFlightBytes >= this.windowBytes;
    return unmarked > 0 && (last || stuck || unmarked >= this.windowBytes / 32);
  }

  /**
   * How long the line has been carrying something since the beginning, as far as is confirmed:
   * milliseconds.
   */
  get busyMs(): number {
    return this.#busyMs + (this.inFlightBytes > 0 ? Math.max(0, this.#nowMs - this.#busySinceMs) : 0);
  }

  /** Notes bytes that are on their way now. */
  sent(bytes: number, nowMs: number): void {
    if (this.inFlightBytes === 0) this.#busySinceMs = nowMs;
    this.#sent += bytes;
  }

  /** Sets a mark behind what was sent; returns its name. */
  mark(nowMs: number): number {
    // Four bytes name a mark on the wire.
    this.#lastId = (this.#lastId + 1) >>> 0;
    this.#marked = this.#sent;
    const inFlight = this.inFlightBytes;
    this.#marks.push({
      id: this.#lastId,
      upTo: this.#sent,
      atMs: nowMs,
      inFlight,
      full: this.#thinFrom === undefined && inFlight >= 0.75 * this.#window,
    });
    return this.#lastId;
  }

  /**
   * Notes that a mark has come back, and with it all before it; one that is not waited for changes
   * nothing.
   */
  returned(id: number, nowMs: number): void {
    const at = this.#marks.findIndex((mark) => mark.id === id);
    if (at < 0) return;
    const [mark] = this.#marks.splice(0, at + 1).slice(-1);
    if (mark === undefined) return;
    this.#arrived = mark.upTo;
    this.#nowMs = nowMs;
    // A clock of microseconds and a line in the same machine: a round trip of nothing would be an
    // endless rate.
    const rttMs = Math.max(0.05, nowMs - mark.atMs);
    this.#round.rate = Math.max(this.#round.rate, mark.inFlight / rttMs);
    this.#round.rttMs = Math.min(this.#round.rttMs, rttMs);
    if (mark.full) this.#round.fullRttMs = Math.min(this.#round.fullRttMs, rttMs);
    if (this.inFlightBytes === 0) this.#busyMs += Math.max(0, nowMs - this.#busySinceMs - Math.min(this.#leastMs, rttMs));
    if (this.#thinFrom !== undefined) this.#measure(mark, rttMs, nowMs);
    else if (this.#arrived >= this.#round.endsAt) this.#look(nowMs);
  }

  /** Once in a round: what it taught. */
  #look(nowMs: number): void {
    const { rate, rttMs, fullRttMs } = this.#round;
    this.#round = newRound(this.#sent);
    if (rttMs <= this.#leastMs) {
      this.#leastMs = rttMs;
      this.#leastAtMs = nowMs;
    }
    const { queueMs, leastWindowBytes, windowBytes, pathMs } = this.#limits;
    // A round in which we had too little to say tells the least that the line can do, and nothing
    // about the most.
    const full = Number.isFinite(fullRttMs);
    if (!full && rate <= this.#rate) return;
    this.#rate = rate;
    this.#beginning &&= !full || fullRttMs < this.#leastMs * 1.1 + queueMs / 10;
    const wanted = this.#beginning && full ? Number.POSITIVE_INFINITY : rate * (this.#leastMs + queueMs);
    this.#window = Math.max(leastWindowBytes, Math.min(windowBytes, this.#window * 2, wanted));
    this.#widest = Math.max(this.#widest, this.#window);
    // A window that only shrinks is caused by another delay than our own: the path is longer than
    // we believe.
    if (full && (nowMs - this.#leastAtMs > pathMs || this.#window < this.#widest / 2)) this.#thinFrom = this.#sent;
  }

  /**
   * The first mark of the thin stream that had a thin stream before it tells the round trip without
   * our own queue.
   */
  #measure(mark: Mark, rttMs: number, nowMs: number): void {
    if (mark.upTo <= (this.#thinFrom ?? 0) || mark.inFlight > this.windowBytes + this.fragmentBytes) return;
    this.#leastMs = rttMs;
    this.#leastAtMs = nowMs;
    this.#thinFrom = undefined;
    this.#widest = this.#window;
    this.#round = newRound(this.#sent);
  }
}

function newRound(endsAt: number): RateRound {
  return { endsAt, rate: 0, rttMs: Number.POSITIVE_INFINITY, fullRttMs: Number.POSITIVE_INFINITY };
}

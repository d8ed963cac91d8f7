import type { Limits } from '../limits.ts';
import type { Path } from './path.ts';

/** A place in the stream whose arrival the other side confirms. */
interface Mark {
  readonly id: number;
  /** Bytes sent up to and with this place, since the beginning. */
  readonly upTo: number;
  readonly atMs: number;
  /** Whether the window, and not a lack of data, said how many. */
  readonly full: boolean;
}

/** One round: from when its first byte was sent until that byte is confirmed. */
interface WindowRound {
  readonly endsAt: number;
  readonly sinceMs: number;
  readonly arrived: number;
  /** Marks that came back, and how many of them from a full window. */
  marks: number;
  full: number;
}

/** The limits of the protocol that bound a window. */
export type CongestionLimits = Pick<Limits, 'leastWindowBytes' | 'windowBytes' | 'fragmentBytes' | 'queueMs'>;

/** Rounds whose highest rate counts: what one loss took from TCP does not close the window. */
const ratedRounds = 4;

/** Rounds without a quarter more of rate after which the beginning is over, as in BBR. */
const flatRounds = 3;

/**
 * Bounds the bytes in flight of one lane to its rate times as long as the path lets data be on its
 * way: Node can neither see nor bound the kernel's buffers. Times in ms.
 */
export class CongestionWindow {
  readonly #limits: CongestionLimits;
  #path: Path;
  readonly #marks: Mark[] = [];
  /** The window until the path and the rate are known. */
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
  #round: WindowRound;
  /** The rates of the last rounds with a full window, bytes per millisecond. */
  #rates: number[] = [];
  /** Until the line is found: the window doubles, as in the slow start of TCP. */
  #beginning = true;
  #best = 0;
  #flat = 0;
  /** The widest window since the path was last doubted. */
  #widest = 0;

  constructor(limits: CongestionLimits, path: Path) {
    this.#limits = limits;
    this.#path = path;
    this.#window = Math.min(limits.windowBytes, 4 * limits.leastWindowBytes);
    this.#round = this.#newRound();
  }

  /** Goes by another path: that of the session whose lane this has become. */
  follow(path: Path): void {
    this.#path = path;
  }

  /** Bytes that may be on their way at once. */
  get windowBytes(): number {
    const { leastWindowBytes, windowBytes } = this.#limits;
    const { holdMs } = this.#path;
    const wanted = this.#beginning || holdMs === undefined ? this.#window : this.#rate * holdMs;
    return Math.max(leastWindowBytes, Math.min(windowBytes, wanted));
  }

  /**
   * Bytes to say at once: a part of the window, so that a ping between two is never held up long.
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

  /** What the line has carried when we gave it enough: bytes per second; 0 before it is known. */
  get bytesPerSecond(): number {
    return this.#rate * 1000;
  }

  get #rate(): number {
    return Math.max(0, ...this.#rates);
  }

  /**
   * Whether a mark is due: up to thirty-two to a window, so that what one lets out is no burst;
   * one behind the last byte, or the last that the window lets out, opens it again.
   */
  isDue(last: boolean): boolean {
    const unmarked = this.#sent - this.#marked;
    const stuck = this.#marks.length === 0 && this.inFlightBytes >= this.windowBytes;
    // A narrow window has fewer: many lanes with a ping for every few packets would cost a core.
    const { windowBytes } = this;
    const apart = Math.max(windowBytes / 32, Math.min(this.#limits.fragmentBytes, windowBytes / 8));
    return unmarked > 0 && (last || stuck || unmarked >= apart);
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
    if (this.inFlightBytes === 0) {
      this.#busySinceMs = nowMs;
      this.#nowMs = nowMs;
      this.#round = this.#newRound();
    }
    this.#sent += bytes;
  }

  /**
   * Sets a mark behind what was sent; returns its name. `isHeld`: the socket had more than the
   * kernel takes.
   */
  mark(nowMs: number, isHeld = false): number {
    // Four bytes name a mark on the wire.
    this.#lastId = (this.#lastId + 1) >>> 0;
    this.#marked = this.#sent;
    const full = !this.#path.isDraining && (isHeld || this.inFlightBytes >= 0.75 * this.windowBytes);
    this.#marks.push({ id: this.#lastId, upTo: this.#sent, atMs: nowMs, full });
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
    this.#round.marks += 1;
    if (mark.full) this.#round.full += 1;
    if (this.inFlightBytes === 0)
      this.#busyMs += Math.max(0, nowMs - this.#busySinceMs - Math.min(this.#path.rttMs ?? rttMs, rttMs));
    // What a loss held up is confirmed at once: only a round of some round trips tells a rate.
    const leastMs = (this.#path.rttMs ?? 0) * (this.#beginning ? 1 : 2);
    if (this.#arrived >= this.#round.endsAt && nowMs - this.#round.sinceMs >= leastMs) this.#look(nowMs);
  }

  /** Once in a round: what it taught. */
  #look(nowMs: number): void {
    const { marks, full, sinceMs, arrived } = this.#round;
    this.#round = this.#newRound();
    const mean = (this.#arrived - arrived) / Math.max(0.05, nowMs - sinceMs);
    // A round in which we had too little to say tells the least that the line can do, and nothing
    // about the most.
    if (full * 2 < marks) {
      if (mean > this.#rate) this.#rates = [mean];
      return;
    }
    this.#rates.push(mean);
    if (this.#rates.length > ratedRounds) this.#rates.shift();
    if (this.#beginning) this.#begin(mean);
    const { windowBytes } = this;
    this.#widest = Math.max(this.#widest, windowBytes);
    if (windowBytes >= this.#widest / 2) return;
    // A window that only shrinks is caused by another delay than our own: the path is longer than
    // we believe.
    this.#widest = windowBytes;
    this.#path.doubt(nowMs);
  }

  /** The window doubles until a queue shows, or until that makes it no faster. */
  #begin(rate: number): void {
    this.#flat = rate < this.#best * 1.25 ? this.#flat + 1 : 0;
    this.#best = Math.max(this.#best, rate);
    // A queue while the rate still grows is a busy machine.
    const isQueued = this.#flat > 0 && this.#path.queueMs > this.#limits.queueMs / 2;
    this.#beginning = this.#flat < flatRounds && !isQueued;
    // Where TCP holds the line back, more would only fill the kernel's buffers.
    const most = Math.max(this.#window, 2 * rate * (this.#path.holdMs ?? Number.POSITIVE_INFINITY));
    this.#window = Math.min(this.#limits.windowBytes, this.#window * 2, most);
  }

  #newRound(): WindowRound {
    return { endsAt: this.#sent, sinceMs: this.#nowMs, arrived: this.#arrived, marks: 0, full: 0 };
  }
}

import type { Limits } from '../limits.ts';

/** The line at one moment, as far as it says how many lanes it takes. */
export interface LineState {
  /** Lanes in use. */
  readonly lanes: number;
  readonly rttMs: number | undefined;
  /** Bytes that have arrived since the session began. */
  readonly arrivedBytes: number;
  /** How long an answer has waited for a lane since then: milliseconds. */
  readonly waitedMs: number;
  /** Bytes that the lanes have taken and whose arrival is not confirmed. */
  readonly inFlightBytes: number;
}

interface LineLook extends LineState {
  readonly atMs: number;
}

/** What some lanes carried: bytes per millisecond. */
interface Carried {
  readonly lanes: number;
  readonly rate: number;
}

/**
 * From this round trip on a line begins with several lanes: one window of TCP hardly fills it, and
 * where one packet in a thousand is lost, one lane carries 0.6 MB/s at 100 ms. So many at once,
 * because doubling a few takes seconds in which the line is half empty.
 */
const longMs = 10;
const lanesOfLong = 16;

/** After a change TCP has so many round trips to find its rate, and this long at least. */
const settleTrips = 8;
const settleMs = 500;

/** A rate is measured over so many round trips, and this long at least. */
const measureTrips = 15;
const measureMs = 1_500;

/**
 * Where data waited for lanes for less than this share of the time, lanes are not what is short.
 */
const shortShare = 0.5;

/**
 * On a long line, data that is on its way for so many round trips is held up by TCP, which sends
 * again what was lost: lanes are short, too, though each takes what it is given.
 */
const heldTrips = 2;

/** What twice as many lanes must add to be kept: less would be chance. */
const worthwhile = 1.05;

/** After lanes that added nothing, the next attempt waits so long, and twice as long each time. */
const firstRestMs = 10_000;
const longestRestMs = 300_000;

/**
 * How many lanes a session uses: twice as many as long as that makes it faster, and as many as
 * before where it does not. Times in ms.
 */
export class LaneCount {
  readonly #most: number;
  #wanted = 0;
  /** Whether no number was measured yet: only the round trip told how many. */
  #isFirst = true;
  /** The number that `wanted` is compared with. */
  #before: Carried | undefined;
  /** More lanes that seemed to add nothing; the fewer may turn out to carry less than they did. */
  #refuted: Carried | undefined;
  #settledAtMs = 0;
  #since: LineLook | undefined;
  #restMs = firstRestMs;
  #restUntilMs = 0;

  constructor({ lanes }: Pick<Limits, 'lanes'>) {
    this.#most = lanes;
  }

  /** The number of lanes to use, after a look at the line. */
  next(line: LineState, nowMs: number): number {
    const first = (line.rttMs ?? 0) < longMs ? 1 : Math.min(this.#most, lanesOfLong);
    // A busy machine may answer the first echo of a short line late.
    if (this.#wanted === 0 || (this.#isFirst && first < this.#wanted)) this.#change(first, line, nowMs);
    else if (line.lanes !== this.#wanted) this.#settle(line, nowMs);
    else if (nowMs >= this.#settledAtMs) this.#measure({ ...line, atMs: nowMs });
    return this.#wanted;
  }

  /** No more lanes can be had than there are: the other side refuses them, or is not reached. */
  refused({ lanes }: LineState, nowMs: number): void {
    this.#wanted = Math.max(1, lanes);
    this.#before = undefined;
    this.#rest(nowMs);
  }

  #measure(now: LineLook): void {
    const since = this.#since ?? now;
    this.#since = since;
    const tookMs = now.atMs - since.atMs;
    if (tookMs < Math.max(measureMs, measureTrips * (now.rttMs ?? 0))) return;
    this.#since = now;
    const rate = (now.arrivedBytes - since.arrivedBytes) / tookMs;
    if ((now.waitedMs - since.waitedMs) / tookMs >= shortShare || isHeldUp(rate, now)) this.#judge(rate, now);
  }

  #judge(rate: number, now: LineLook): void {
    this.#isFirst = false;
    const before = this.#before;
    const refuted = this.#refuted;
    this.#before = undefined;
    this.#refuted = undefined;
    // What the fewer carried before their first loss is no measure for lanes that TCP holds up.
    if (before !== undefined && rate < before.rate * worthwhile && !isHeldUp(rate, now)) {
      this.#rest(now.atMs);
      this.#refuted = { lanes: this.#wanted, rate };
      this.#change(before.lanes, now, now.atMs);
      return;
    }
    // TCP begins fast: what few lanes carried at first is not what they carry.
    if (refuted !== undefined && refuted.rate >= rate * worthwhile) this.#restUntilMs = now.atMs;
    if (before !== undefined) this.#restMs = firstRestMs;
    if (this.#wanted >= this.#most || now.atMs < this.#restUntilMs) return;
    this.#before = { lanes: this.#wanted, rate };
    this.#change(Math.min(this.#most, this.#wanted * 2), now, now.atMs);
  }

  #rest(nowMs: number): void {
    this.#restUntilMs = nowMs + this.#restMs;
    this.#restMs = Math.min(longestRestMs, this.#restMs * 2);
  }

  #change(wanted: number, line: LineState, nowMs: number): void {
    this.#wanted = wanted;
    this.#settle(line, nowMs);
  }

  #settle({ rttMs = 0 }: LineState, nowMs: number): void {
    this.#settledAtMs = nowMs + Math.max(settleMs, settleTrips * rttMs);
    this.#since = undefined;
  }
}

function isHeldUp(rate: number, { rttMs = 0, inFlightBytes }: LineState): boolean {
  return rttMs >= longMs && rate > 0 && inFlightBytes > rate * rttMs * heldTrips;
}

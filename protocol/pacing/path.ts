import type { Limits } from '../limits.ts';

/** The limits of the protocol that a path is measured by. */
export type PathLimits = Pick<Limits, 'queueMs' | 'pathMs' | 'echoMs'>;

/** A small ping on its way. `drained`: our own queue had run dry when it was sent. */
interface Echo {
  readonly id: number;
  readonly atMs: number;
  readonly drained: boolean;
}

/**
 * Echoes of which the quickest tells the queue: a daemon that was busy for a moment is no queue.
 */
const echoesOfQueue = 3;

/** Echoes that measure the least round trip anew. */
const echoesOfDrain = 2;

/**
 * How many round trips data may be on its way beyond the first where no queue shows: TCP sends
 * again what was lost, and all behind it waits for that, up to three round trips.
 */
const lossTrips = 3;

/**
 * The path of one session: its round trip, and what waits in its queue, by small pings on the
 * first connection, which carries no data. A lane cannot tell loss from a queue; these pings can.
 */
export class Path {
  readonly #limits: PathLimits;
  readonly #echoes: Echo[] = [];
  /** The last round trips, the newest last. */
  readonly #trips: number[] = [];
  #lastId = 0;
  #leastMs = Number.POSITIVE_INFINITY;
  #leastAtMs = 0;
  #slackMs: number;
  #heardAtMs: number | undefined;
  /** Until then the queue is no news: it was kept empty a moment ago. */
  #quietUntilMs = 0;
  /**
   * Since when our own queue is kept empty, to measure the least round trip; undefined: it is not.
   */
  #drainingSinceMs: number | undefined;
  readonly #drained: number[] = [];

  constructor(limits: PathLimits) {
    this.#limits = limits;
    this.#slackMs = limits.queueMs;
  }

  /** The least round trip that is still believed: milliseconds; undefined before the first. */
  get rttMs(): number | undefined {
    return Number.isFinite(this.#leastMs) ? this.#leastMs : undefined;
  }

  /** How much longer than the least a round trip takes now: milliseconds. */
  get queueMs(): number {
    return this.#trips.length === 0 ? 0 : Math.max(0, Math.min(...this.#trips) - this.#leastMs);
  }

  /** Whether our own queue is kept empty for a moment. */
  get isDraining(): boolean {
    return this.#drainingSinceMs !== undefined;
  }

  /** How long data of a lane may be on its way: milliseconds; undefined before it is known. */
  get holdMs(): number | undefined {
    if (this.rttMs === undefined) return undefined;
    if (this.isDraining) return Math.max(this.#leastMs - this.#limits.queueMs / 2, this.#leastMs / 4);
    return this.#leastMs + this.#slackMs;
  }

  /** Notes an echo that is sent now; returns its name. */
  echo(nowMs: number): number {
    this.#lastId = (this.#lastId + 1) >>> 0;
    const since = this.#drainingSinceMs;
    const drained = since !== undefined && nowMs - since >= this.#leastMs + this.queueMs;
    this.#echoes.push({ id: this.#lastId, atMs: nowMs, drained });
    return this.#lastId;
  }

  /** Notes that an echo has come back; one that is not waited for changes nothing. */
  returned(id: number, nowMs: number): void {
    const at = this.#echoes.findIndex((echo) => echo.id === id);
    const [echo] = at < 0 ? [] : this.#echoes.splice(0, at + 1).slice(-1);
    if (echo === undefined) return;
    const tripMs = nowMs - echo.atMs;
    this.#trips.push(tripMs);
    if (this.#trips.length > echoesOfQueue) this.#trips.shift();
    // One that is hardly longer confirms the least.
    if (tripMs <= this.#leastMs + this.#limits.queueMs / 4) this.#leastAtMs = nowMs;
    this.#leastMs = Math.min(this.#leastMs, tripMs);
    if (this.isDraining) this.#drain(echo, tripMs, nowMs);
    else this.#steer(nowMs);
  }

  /**
   * A window has shrunk to half. Where echoes take longer, too, another delay than our own queue
   * may be the cause; where they do not, TCP has lost something.
   */
  doubt(nowMs: number): void {
    if (this.queueMs > this.#limits.queueMs / 2) this.#drainingSinceMs ??= nowMs;
  }

  /**
   * Lets more be on its way while there is less queue than wanted, and less while there is more.
   */
  #steer(nowMs: number): void {
    const { queueMs, pathMs } = this.#limits;
    const sinceMs = Math.min(nowMs - (this.#heardAtMs ?? nowMs), this.#leastMs + queueMs);
    this.#heardAtMs = nowMs;
    if (nowMs < this.#quietUntilMs) return;
    const wanting = Math.max(-1, (queueMs - this.queueMs) / queueMs);
    // What is changed now shows a round trip later, and a few echoes after that.
    const slackMs = this.#slackMs * Math.exp((wanting * sinceMs) / (4 * this.#leastMs + 10 * queueMs));
    this.#slackMs = Math.min(queueMs + lossTrips * this.#leastMs, Math.max(queueMs, slackMs));
    if (nowMs - this.#leastAtMs > pathMs) this.#drainingSinceMs = nowMs;
  }

  #drain(echo: Echo, tripMs: number, nowMs: number): void {
    if (!echo.drained) return;
    this.#drained.push(tripMs);
    if (this.#drained.length < echoesOfDrain) return;
    this.#leastMs = Math.min(...this.#drained.splice(0));
    this.#leastAtMs = nowMs;
    this.#quietUntilMs = nowMs + 2 * this.#leastMs + echoesOfQueue * this.#limits.echoMs;
    this.#drainingSinceMs = undefined;
  }
}

import { Condition } from '../../shared/concurrency/condition.ts';
import type { DataFrame } from './frame.ts';
import type { FrameWriter } from './frame-writer.ts';

/** What is known of the line of a session. */
export interface LineStatus {
  /** Lanes beside the main connection. */
  readonly lanes: number;
  /**
   * How long the line carried something or was throttled, averaged over the lanes: milliseconds.
   * What arrived in this time is what it can carry.
   */
  readonly busyMs: number;
  /** The highest rate so far, bytes per second; 0 before it is known. */
  readonly bytesPerSecond: number;
  /** The least round trip, milliseconds; undefined before it is known. */
  readonly rttMs: number | undefined;
  /** Bytes of data that have arrived at the other side. */
  readonly arrivedBytes: number;
}

/** Sends the data of one session over its lanes, or over the main connection where it has none. */
export class Lanes {
  readonly #main: FrameWriter;
  readonly #lanes = new Set<FrameWriter>();
  readonly #sent = new Condition();

  constructor(main: FrameWriter) {
    this.#main = main;
  }

  get wire(): LineStatus {
    const ways = this.#ways;
    const sum = (of: (way: FrameWriter) => number): number => ways.reduce((all, way) => all + of(way), 0);
    const rtts = ways.map((way) => way.window.rttMs).filter((rttMs) => rttMs !== undefined);
    return {
      lanes: this.#lanes.size,
      busyMs: sum((way) => way.busyMs) / ways.length,
      bytesPerSecond: sum((way) => way.window.bytesPerSecond),
      rttMs: rtts.length === 0 ? undefined : Math.min(...rtts),
      arrivedBytes: sum((way) => way.window.arrivedBytes) + (this.#lanes.size > 0 ? this.#main.window.arrivedBytes : 0),
    };
  }

  get count(): number {
    return this.#lanes.size;
  }

  /** Sends data over one more lane from now on. */
  add(lane: FrameWriter): void {
    this.#lanes.add(lane);
    this.sent();
  }

  /** Notes that the kernel has taken something. */
  sent(): void {
    this.#sent.notifyAll();
  }

  /**
   * Waits until some lane has no more than so many bytes unsent. Throws when `signal` aborts first.
   */
  async room(unsentBytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.#least.unsent > unsentBytes) await this.#sent.wait([signal]);
  }

  /** Sends a data frame over the least loaded lane. SHOULD come after `room`. */
  send(frame: DataFrame): void {
    this.#least.sendData(frame);
  }

  get #ways(): readonly FrameWriter[] {
    return this.#lanes.size === 0 ? [this.#main] : [...this.#lanes];
  }

  get #least(): FrameWriter {
    return this.#ways.reduce((least, way) => (way.unsent < least.unsent ? way : least));
  }
}

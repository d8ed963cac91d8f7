import { Condition } from '../../shared/concurrency/condition.ts';
import { giveBack } from '../../shared/disk/give-back.ts';
import type { Limits } from '../limits.ts';
import type { Path } from '../pacing/path.ts';
import type { DataFrame } from './frame.ts';
import type { FrameWriter, OutgoingFrame } from './frame-writer.ts';

/** What is known of the line of a session. */
export interface LineStatus {
  /** Lanes that are in use beside the main connection. */
  readonly lanes: number;
  /**
   * How long the line carried something or was throttled, averaged over the lanes: milliseconds.
   * What arrived in this time is what it can carry.
   */
  readonly busyMs: number;
  /** How long an answer waited because every lane had enough to send: milliseconds. */
  readonly waitedMs: number;
  /** The highest rate so far, bytes per second; 0 before it is known. */
  readonly bytesPerSecond: number;
  /** The least round trip, milliseconds; undefined before it is known. */
  readonly rttMs: number | undefined;
  /** Bytes of data that have arrived at the other side. */
  readonly arrivedBytes: number;
  /** Bytes of data that the lanes have taken and whose arrival is not confirmed. */
  readonly inFlightBytes: number;
}

/** The limits of the protocol that lanes heed. */
export type LaneLimits = Pick<Limits, 'unsentBytes' | 'echoMs' | 'smallPullBytes'>;

/**
 * Least and most bytes of a part: headers must cost nothing beside it, and a slow lane must not
 * keep what others carry sooner.
 */
const leastPartBytes = 64 * 1024;
const mostPartBytes = 512 * 1024;

/** What a lane is for: data, nothing at present, or to finish what it carries and close. */
type LaneUse = 'data' | 'nothing' | 'leaving' | 'left';

interface Lane {
  readonly leave: () => void;
  use: LaneUse;
}

/** A frame that waits, or of which a part does. */
interface Waiting {
  readonly frame: DataFrame;
  /** Bytes of its payload that a lane has taken. */
  dealt: number;
  /** Parts that the sockets still need. */
  parts: number;
}

/**
 * Sends the data of one session over its lanes, or over the main connection where it has none.
 * Each lane takes a part of the next frame when it has room: a slow one takes less.
 */
export class Lanes {
  readonly #main: FrameWriter;
  readonly #path: Path;
  readonly #limits: LaneLimits;
  readonly #lanes = new Map<FrameWriter, Lane>();
  readonly #leaving = new Map<FrameWriter, Lane>();
  readonly #mayCut: () => boolean;
  readonly #frames: Waiting[] = [];
  #queuedBytes = 0;
  /** The lanes that carry data, or the main connection. */
  #ways: readonly FrameWriter[];
  /** Who waits for room, by how much may wait beyond `unsentBytes`. */
  readonly #room = new Map<number, Condition>();
  #echoing: NodeJS.Timeout | undefined;
  /** What was counted of each way at the last look, and the sums of all. */
  readonly #busy = new Map<FrameWriter, number>();
  #busyMs = 0;
  #goneBytes = 0;
  #waiting = 0;
  #waitedMs = 0;
  #waitingSinceMs = 0;

  /** `path` is measured over `main`; `mayCut`: whether the other side puts parts together. */
  constructor(main: FrameWriter, path: Path, limits: LaneLimits, mayCut: () => boolean) {
    this.#main = main;
    this.#ways = [main];
    this.#path = path;
    this.#limits = limits;
    this.#mayCut = mayCut;
  }

  get wire(): LineStatus {
    const ways = this.#ways;
    const sum = (of: (way: FrameWriter) => number): number => ways.reduce((all, way) => all + of(way), 0);
    const everybody = [this.#main, ...this.#lanes.keys()];
    this.#busyMs += sum((way) => this.#busySince(way)) / ways.length;
    return {
      lanes: ways.filter((way) => way !== this.#main).length,
      busyMs: this.#busyMs,
      waitedMs: this.#waitedMs + (this.#waiting > 0 ? performance.now() - this.#waitingSinceMs : 0),
      bytesPerSecond: sum((way) => way.window.bytesPerSecond),
      rttMs: this.#path.rttMs,
      inFlightBytes: sum((way) => way.window.inFlightBytes),
      arrivedBytes: this.#goneBytes + everybody.reduce((all, way) => all + way.window.arrivedBytes, 0),
    };
  }

  /** Lanes, with those that leave. */
  get count(): number {
    return this.#lanes.size;
  }

  /** Bytes of frames that no lane has taken yet. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Sends data over one more lane from now on. `leave` closes it. */
  add(lane: FrameWriter, leave: () => void): void {
    this.#lanes.set(lane, { leave, use: 'data' });
    this.#choose();
    lane.pump();
  }

  /** Forgets a lane that is closed; returns whether all that it was given has arrived. */
  remove(lane: FrameWriter): boolean {
    const isIdle = isEmpty(lane);
    if (this.#lanes.delete(lane)) this.#goneBytes += lane.window.arrivedBytes;
    this.#busy.delete(lane);
    this.#leaving.delete(lane);
    this.#choose();
    return isIdle;
  }

  /**
   * Gives data to so many lanes, the oldest. The others leave when they are empty, if they may.
   */
  keep(count: number, mayLeave: boolean): void {
    const staying = [...this.#lanes].filter(([, { use }]) => use === 'data' || use === 'nothing');
    for (const [place, [writer, lane]] of staying.entries()) {
      if (place < Math.max(1, count)) lane.use = 'data';
      else lane.use = mayLeave ? 'leaving' : 'nothing';
      if (lane.use === 'leaving') this.#leaving.set(writer, lane);
    }
    this.#choose();
    for (const way of this.#ways) way.pump();
    this.#letLeave();
  }

  /** Notes that the kernel has taken something, or that something has arrived. */
  sent(): void {
    for (const [beyond, waiting] of this.#room) if (!waiting.isIdle && this.#hasRoom(beyond)) waiting.notifyAll();
    this.#letLeave();
  }

  /**
   * Waits until no more than `unsentBytes`, and so many `beyond`, wait for a lane. Throws when
   * `signal` aborts first.
   */
  async room(beyond: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#hasRoom(beyond)) return;
    const room = this.#room.get(beyond) ?? new Condition();
    this.#room.set(beyond, room);
    if (this.#waiting === 0) this.#waitingSinceMs = performance.now();
    this.#waiting += 1;
    try {
      while (!this.#hasRoom(beyond)) await room.wait([signal]);
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#waitedMs += performance.now() - this.#waitingSinceMs;
    }
  }

  /**
   * Sends a data frame as the lanes allow; SHOULD come after `room`. The payload is not copied and
   * MUST NOT be used again: once it is sent, its memory is given back.
   */
  send(frame: DataFrame): void {
    const { smallPullBytes } = this.#limits;
    const isSmall = frame.payload.length <= smallPullBytes;
    const isLonger = ({ frame: { payload }, dealt }: Waiting): boolean => dealt === 0 && payload.length > smallPullBytes;
    const behind = isSmall ? this.#frames.findIndex(isLonger) : -1;
    this.#frames.splice(behind < 0 ? this.#frames.length : behind, 0, { frame, dealt: 0, parts: 0 });
    this.#queuedBytes += frame.payload.length;
    for (const way of this.#ways) way.pump();
    this.echo();
  }

  /** What a way sends next: a part of the next frame, or all of it where it is short. */
  next(way: FrameWriter): OutgoingFrame | undefined {
    const [waiting] = this.#frames;
    if (waiting === undefined || !this.#ways.includes(way)) return undefined;
    const { frame, dealt } = waiting;
    const whole = frame.payload.length;
    const most = this.#mayCut()
      ? Math.max(leastPartBytes, Math.min(mostPartBytes, Math.floor(way.window.windowBytes / 2)))
      : whole;
    const length = Math.min(most, whole - dealt);
    waiting.dealt += length;
    waiting.parts += 1;
    this.#queuedBytes -= length;
    if (waiting.dealt === whole) this.#frames.shift();
    const taken = (): void => {
      waiting.parts -= 1;
      if (waiting.parts === 0 && waiting.dealt === whole) giveBack(frame.payload);
    };
    if (length === whole) return { frame, taken };
    const payload = frame.payload.subarray(dealt, dealt + length);
    return { frame: { ...frame, payload, part: { at: dealt, of: whole } }, taken };
  }

  /** Echoes the path now, and as long as data is on its way. */
  echo(): void {
    if (this.#echoing !== undefined) return;
    this.#main.echo();
    this.#echoing = setTimeout(() => {
      this.#echoing = undefined;
      if (this.#ways.some((way) => !isEmpty(way))) this.echo();
    }, this.#limits.echoMs);
    this.#echoing.unref();
  }

  #choose(): void {
    const used = [...this.#lanes].flatMap(([writer, { use }]) => (use === 'data' ? [writer] : []));
    this.#ways = used.length === 0 ? [this.#main] : used;
  }

  #hasRoom(beyond: number): boolean {
    const waiting = this.#ways.reduce((sum, way) => sum + way.backlogBytes, this.#queuedBytes);
    return waiting <= this.#limits.unsentBytes + beyond;
  }

  #busySince(way: FrameWriter): number {
    const since = way.busyMs - (this.#busy.get(way) ?? 0);
    this.#busy.set(way, way.busyMs);
    return since;
  }

  #letLeave(): void {
    for (const [writer, lane] of this.#leaving) {
      if (!isEmpty(writer)) continue;
      lane.use = 'left';
      this.#leaving.delete(writer);
      lane.leave();
    }
  }
}

/** Whether all data that a way was given has arrived. */
function isEmpty({ backlogBytes, window }: FrameWriter): boolean {
  return backlogBytes === 0 && window.inFlightBytes === 0;
}

import type { PackResult } from '../../shared/disk/jobs/pack.ts';

/** What the link tells of itself. */
export interface LineUse {
  /** Bytes of data that have arrived at the other side since the session began. */
  readonly arrivedBytes: number;
  /** Milliseconds for which the line has been carrying something since the session began. */
  readonly busyMs: number;
}

/** The line at one moment. */
interface Observation extends LineUse {
  readonly at: number;
}

/**
 * The levels of zstd in use, and the packed bytes a second that one thread makes at each beside its
 * other work: half of what one core makes of a Debian disk (packed 3.55, 3.28 and 2.85 to one).
 */
const ladder = [
  { level: 9, bytesPerSecond: 12e6 },
  { level: 3, bytesPerSecond: 34e6 },
  { level: 1, bytesPerSecond: 100e6 },
] as const;

const MiB = 1024 * 1024;

/** Bytes that arrive between two observations: single frames come in bursts. */
const observedBytes = 4 * MiB;

/** A smaller frame waits for the round trip, not for the line, and says nothing about the line. */
const smallBytes = MiB;

/** The ratio to which most disks are packed. */
const usualRatio = 3;

/** The weight of the newest value in a moving average. */
const newest = 0.25;

/**
 * A line that is busy for less than this part of the time is not what the transfer waits for: the
 * highest level saves a fifth of the bytes that the lowest leaves.
 */
const mostlyBusy = 0.8;

/**
 * Chooses the level of zstd: the highest at which the threads pack as fast as the line carries; 0
 * where even level 1 would be slower than the line.
 */
export class Levels {
  readonly #threads: number;
  readonly #now: () => number;
  #level = 1;
  /** Bytes a second that the line carries while it is busy; undefined before that is known. */
  #lineRate: number | undefined;
  /** How fast threads pack now, as a part of what the ladder says. */
  #speed = 1;
  #last: Observation | undefined;
  /** Frames since the last observation, and their raw bytes. */
  #frames = 0;
  #rawBytes = 0;

  constructor(threads: number, now: () => number = () => performance.now()) {
    this.#threads = threads;
    this.#now = now;
  }

  /** The level for the next frame of so many raw bytes; 0 leaves it unpacked. */
  next(wire: LineUse, rawBytes: number): number {
    const at = this.#now();
    this.#last ??= { ...wire, at };
    const arrived = wire.arrivedBytes - this.#last.arrivedBytes;
    if (arrived >= observedBytes) this.#observe(arrived, Math.max(1, wire.busyMs - this.#last.busyMs), at - this.#last.at);
    // The counters of a new session begin at 0.
    if (arrived >= observedBytes || arrived < 0) {
      this.#last = { ...wire, at };
      this.#frames = 0;
      this.#rawBytes = 0;
    }
    this.#frames += 1;
    this.#rawBytes += rawBytes;
    return this.#level;
  }

  /** Learns how fast threads pack now, from one frame. */
  learn(level: number, { rawBytes, workMs }: Pick<PackResult, 'rawBytes' | 'workMs'>): void {
    const rung = ladder.find((one) => one.level === level);
    if (rung === undefined || rawBytes < smallBytes) return;
    const expectedMs = (rawBytes * 1000) / (2 * rung.bytesPerSecond * usualRatio);
    this.#speed += newest * (Math.min(1, expectedMs / workMs) - this.#speed);
  }

  /** Learns what the line carries, and chooses the level for it. */
  #observe(arrivedBytes: number, busyMs: number, ms: number): void {
    const rate = (arrivedBytes / busyMs) * 1000;
    const areSmall = this.#rawBytes < this.#frames * smallBytes;
    if (!areSmall) this.#lineRate = this.#lineRate === undefined ? rate : this.#lineRate + newest * (rate - this.#lineRate);
    const isIdle = areSmall || busyMs < ms * mostlyBusy;
    this.#level = isIdle ? Math.min(1, this.#highest()) : this.#highest();
  }

  /** The highest level at which the threads keep up with the line. */
  #highest(): number {
    if (this.#lineRate === undefined) return 1;
    const perThread = this.#lineRate / this.#threads;
    // Slow threads are no reason to pack nothing: the line would carry three times the bytes.
    const isFastEnough = ({ level, bytesPerSecond }: (typeof ladder)[number]): boolean =>
      perThread < bytesPerSecond * (level === 1 ? 1 : this.#speed);
    return ladder.find(isFastEnough)?.level ?? 0;
  }
}

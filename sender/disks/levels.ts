import type { Packed } from '../../shared/disk/jobs/pack.ts';

/** What the link tells of itself. */
export interface Wire {
  /** Bytes of data that have arrived at the other side since the session began. */
  readonly arrivedBytes: number;
  /** Milliseconds that frames have waited for room, summed since the session began. */
  readonly waitedMs: number;
}

/**
 * Levels of zstd that are worth having: what one costs and saves beside level 1, as measured on 4 MiB frames of a Debian disk, one core
 * (466, 224, 121 and 84 MB/s; 2.85, 3.28, 3.47 and 3.55 to one). Higher ones save less than 1 % more.
 */
const ladder = [
  { level: 0, costs: 0, saves: 0 },
  { level: 1, costs: 1, saves: 1 },
  { level: 3, costs: 2.1, saves: 1.07 },
  { level: 6, costs: 3.9, saves: 1.095 },
  { level: 9, costs: 5.5, saves: 1.105 },
] as const;

/** Reading, naming and handing over a MiB, which a frame costs at every level: milliseconds. */
const rawMsPerMiB = 0.6;

/** How much one frame changes what is believed; more where few are packed at all. */
const learning = { usual: 0.2, probe: 0.5 } as const;

/** While frames go raw, one in so many is packed all the same, to see whether it would pay. */
const probeEvery = 16;

/** A frame of less is always packed: a few pieces of what was read, so it costs little beside the reading; and the whole is as small. */
const scrapBytes = 2 * 1024 * 1024;

/** Frames between two decisions, and between the first few, while all is guessed. */
const decideEvery = { usual: 8, first: 2 } as const;

/** How fast a link is believed to grow that nobody waits for: by so much from one decision to the next, or, once it was seen full, twofold in so many seconds. */
const growth = { unknown: 1.3, doublingSeconds: 15 } as const;

/** How much faster than raw bytes compressed ones must be before they are: what the other side pays for them is not seen from here. */
const reluctance = 0.8;

/** The lowest level within this much of the fastest is taken: CPU is not spent on a gain nobody sees. */
const tolerance = 1.01;

const MiB = 1024 * 1024;

/** More than any link carries: bytes per second. */
const mostCapacity = 100e9;

/**
 * Chooses how hard frames are compressed: the level at which the most bytes of disk would arrive per second,
 * reckoned from what the link carries and what each level has cost and saved so far. The link decides as long as threads wait for it, the threads as long as it waits for them.
 */
export class Levels {
  readonly #threads: number;
  readonly #now: () => number;
  #rung = 1;
  /** What level 1 costs, in milliseconds for a MiB, and the part of the bytes that it saves. */
  #costMs = 2.2;
  #saving = 0.65;
  #frames = 0;
  /** Bytes per second that the link is believed to carry. */
  #capacity = 100 * MiB;
  #wasFull = false;
  #decided = { at: 0, waitedMs: 0, arrivedBytes: 0 };

  constructor(threads: number, now: () => number = () => performance.now()) {
    this.#threads = threads;
    this.#now = now;
  }

  /** The level in use; 0: not compressed. */
  get level(): number {
    return ladder[this.#rung]?.level ?? 0;
  }

  /** The level for the next frame, of so many raw bytes. */
  next(wire: Wire, rawBytes: number): number {
    this.#frames += 1;
    const every = this.#frames <= decideEvery.usual ? decideEvery.first : decideEvery.usual;
    if (this.#frames % every === 0) this.#decide(wire);
    const isPacked = rawBytes < scrapBytes || this.#frames % probeEvery === 0;
    return isPacked ? Math.max(1, this.level) : this.level;
  }

  /** Learns from a frame that was packed at `level`. */
  learn(level: number, { rawBytes, payload, workMs }: Packed): void {
    const rung = ladder.find((one) => one.level === level);
    // Of a few blocks there is little to learn.
    if (rung === undefined || rung.level === 0 || rawBytes < MiB / 4) return;
    const weight = this.#rung === 0 ? learning.probe : learning.usual;
    this.#costMs += weight * ((workMs * MiB) / rawBytes / rung.costs - this.#costMs);
    this.#saving += weight * ((1 - payload.length / rawBytes) / rung.saves - this.#saving);
  }

  #decide({ arrivedBytes, waitedMs }: Wire): void {
    const at = this.#now();
    const before = this.#decided;
    // As long as nothing has arrived, the line tells nothing.
    if (arrivedBytes === before.arrivedBytes) return;
    this.#decided = { at, waitedMs, arrivedBytes };
    // A new session counts anew.
    if (arrivedBytes < before.arrivedBytes) return;
    const seconds = Math.max(0.001, (at - before.at) / 1000);
    const rate = (arrivedBytes - before.arrivedBytes) / seconds;
    const isFull = waitedMs - before.waitedMs > seconds * 250;
    if (isFull) this.#capacity = this.#wasFull ? (this.#capacity + rate) / 2 : rate;
    // A link that nobody waits for may carry more than it was asked to; to find out costs frames that go raw, so one that is known is seldom asked.
    else {
      const factor = this.#wasFull ? 2 ** (seconds / growth.doublingSeconds) : growth.unknown;
      this.#capacity = Math.min(mostCapacity, Math.max(this.#capacity, rate) * factor);
    }
    this.#wasFull ||= isFull;
    this.#choose();
  }

  #choose(): void {
    const times = ladder.map(({ level, costs, saves }) => {
      const wireMs = ((1 - this.#saving * saves) * MiB * 1000) / this.#capacity;
      const time = Math.max(wireMs, (this.#costMs * costs + rawMsPerMiB) / this.#threads);
      return this.#rung === 0 && level > 0 ? time / reluctance : time;
    });
    const best = times.findIndex((time) => time <= Math.min(...times) * tolerance);
    // Up one rung at a time: the ladder is measured elsewhere, and each rung shows what it costs here.
    this.#rung = best > this.#rung ? this.#rung + 1 : best;
  }
}

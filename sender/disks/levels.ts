import type { Packed } from '../../shared/disk/jobs/pack.ts';

/** What the link tells of itself. */
export interface Wire {
  /** Bytes of data that have arrived at the other side since the session began. */
  readonly arrivedBytes: number;
  /** Milliseconds that frames have waited for room, summed since the session began. */
  readonly waitedMs: number;
}

/** Levels of zstd that are worth having (measured on 4 MiB of a Debian disk, one core): what each costs and leaves. */
const ladder = [
  { level: 0, msPerMiB: 0.2, ratio: 1 },
  { level: 1, msPerMiB: 2.2, ratio: 0.35 },
  { level: 3, msPerMiB: 4.2, ratio: 0.305 },
  { level: 6, msPerMiB: 8.5, ratio: 0.288 },
  { level: 9, msPerMiB: 12, ratio: 0.282 },
] as const;

/** Reading and naming a MiB, which every level has beside its own cost: milliseconds. */
const readingMsPerMiB = 0.4;

/** How much one frame changes what is believed. */
const learning = 0.15;

/** Every so many frames one is packed at a neighbouring level, so that its cost stays known. */
const probeEvery = 16;

/** Frames between two decisions. */
const decideEvery = 8;

/** How much faster than raw bytes compressed ones must be before they are: what the other side pays for them is not seen from here. */
const reluctance = 0.8;

/** The lowest level within this much of the fastest is taken: CPU is not spent on a gain nobody sees. */
const tolerance = 1.02;

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
  readonly #rungs: { msPerMiB: number; ratio: number }[] = ladder.map(({ msPerMiB, ratio }) => ({ msPerMiB, ratio }));
  #rung = 1;
  #frames = 0;
  /** Bytes per second that the link is believed to carry. */
  #capacity = 100 * MiB;
  #decided = { at: 0, waitedMs: 0, arrivedBytes: 0 };

  constructor(threads: number, now: () => number = () => performance.now()) {
    this.#threads = threads;
    this.#now = now;
  }

  /** The level in use; 0: not compressed. */
  get level(): number {
    return ladder[this.#rung]?.level ?? 0;
  }

  /** The level for the next frame. */
  next(wire: Wire): number {
    this.#frames += 1;
    if (this.#frames % decideEvery === 0) this.#decide(wire);
    if (this.#frames % probeEvery !== 0) return this.level;
    const neighbour = this.#rung + (this.#frames % (2 * probeEvery) === 0 ? 1 : -1);
    return ladder[neighbour]?.level ?? this.level;
  }

  /** Learns from a frame that was asked to be packed at `level`. */
  learn(level: number, { rawBytes, payload, workMs }: Packed): void {
    const place = ladder.findIndex((rung) => rung.level === level);
    const own = this.#rungs[place];
    // Of a few blocks there is little to learn.
    if (own === undefined || rawBytes < MiB / 4) return;
    const was = { ...own };
    own.msPerMiB += learning * ((workMs * MiB) / rawBytes - own.msPerMiB);
    if (place === 0) return;
    own.ratio += learning * (payload.length / rawBytes - own.ratio);
    // Other bytes and a busier machine change all levels alike.
    for (const other of this.#rungs.slice(1)) {
      if (other === own) continue;
      other.ratio = Math.min(1, (other.ratio * own.ratio) / was.ratio);
      other.msPerMiB = (other.msPerMiB * own.msPerMiB) / was.msPerMiB;
    }
  }

  #decide({ arrivedBytes, waitedMs }: Wire): void {
    const at = this.#now();
    const before = this.#decided;
    this.#decided = { at, waitedMs, arrivedBytes };
    // A new session counts anew.
    if (arrivedBytes < before.arrivedBytes) return;
    const seconds = Math.max(0.001, (at - before.at) / 1000);
    const rate = (arrivedBytes - before.arrivedBytes) / seconds;
    const isFull = waitedMs - before.waitedMs > seconds * 250;
    // A link that nobody waits for carries more than it was asked to.
    this.#capacity = isFull ? (this.#capacity + rate) / 2 : Math.min(mostCapacity, Math.max(this.#capacity, rate) * 1.3);
    this.#choose();
  }

  #choose(): void {
    const times = this.#rungs.map(({ msPerMiB, ratio }, rung) => {
      const time = Math.max((ratio * MiB * 1000) / this.#capacity, (msPerMiB + readingMsPerMiB) / this.#threads);
      return this.#rung === 0 && rung > 0 ? time / reluctance : time;
    });
    const best = times.findIndex((time) => time <= Math.min(...times) * tolerance);
    // Up one rung at a time: what is believed of far rungs is old.
    this.#rung = best > this.#rung ? this.#rung + 1 : best;
  }
}

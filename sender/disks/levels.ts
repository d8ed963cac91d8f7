import type { Packed } from '../../shared/disk/jobs/pack.ts';

/** What is known of the line. */
export interface Wire {
  /** Bytes of data that have arrived at the other side since the session began. */
  readonly arrivedBytes: number;
  /** Milliseconds for which the line has been carrying something since the session began. */
  readonly busyMs: number;
  /** The highest rate so far, bytes per second, from its round trips; 0 before it is known. */
  readonly bytesPerSecond: number;
}

/** The line as it was at some time. */
interface Observation extends Wire {
  readonly at: number;
}

/**
 * The useful levels of zstd: what each costs and saves relative to level 1, measured on frames of 4
 * MiB of a Debian disk (84 to 466 MB/s for one core). Higher ones save less than 1 % more.
 */
const ladder = [
  { level: 0, costs: 0, saves: 0 },
  { level: 1, costs: 1, saves: 1 },
  { level: 3, costs: 2.1, saves: 1.07 },
  { level: 6, costs: 3.9, saves: 1.095 },
  { level: 9, costs: 5.5, saves: 1.105 },
] as const;

/** Reading, digesting and sending a MiB, which a frame costs at every level: milliseconds. */
const rawMsPerMiB = 0.6;

/** How much one frame changes the estimates; more where few are packed at all. */
const learning = { usual: 0.2, probe: 0.5 } as const;

/**
 * While frames are sent raw, one in so many is packed to see whether packing would pay; more where
 * the last ones did not get smaller.
 */
const probeEvery = { usual: 16, noise: 4 } as const;

/** A frame of fewer raw bytes is always packed: that costs little beside the reading of its page. */
const smallBytes = 2 * 1024 * 1024;

/** Frames between two decisions: at first, while all is a guess, and later. */
const decideEvery = { first: 2, usual: 8 } as const;

/** Bytes that must arrive before the line is judged, because its first ones are slower. */
const judgedBytes = 1024 * 1024;

/**
 * What packed frames cost the receiver is not seen from here, so packed and raw frames are tried
 * against each other where the estimate does not decide.
 */
const trial = {
  /** Frames before the first trial. */
  after: 24,
  /** Frames from a trial that failed to the next; four times as many after each. */
  again: 256,
  /** First frames of a trial that do not count: earlier ones are still on their way. */
  unheard: 6,
  /** Frames of a trial that count. */
  heard: 16,
  /** The part of the other way's pace that a trial must reach. */
  keeps: 0.95,
  /** How much faster the line may be than it seems: packed frames come in short bursts. */
  beyondSeen: 1.6,
  /** How much faster than raw frames packed ones must be by estimate. */
  promise: 1.5,
} as const;

/** Parts of the bytes that packing saves. */
const savings = {
  /** A change in favour of the loser of a trial, after which its outcome does not count. */
  other: 0.3,
  /** With less, nothing is packed. */
  least: 1 / 32,
} as const;

/** After a pause of so long the pace says nothing about frames: milliseconds. */
const pauseMs = 1000;

/** The lowest level within this factor of the fastest is chosen, to spare CPU. */
const tolerance = 1.005;

const MiB = 1024 * 1024;

/** The weight of the newest value in a running mean. */
const newest = 0.25;

/** The least part of the time that a line counts as busy, because less cannot be measured. */
const leastBusy = 0.02;

/** The part of the time from which on a line counts as full. */
const mostlyBusy = 0.8;

/** A line that is busy for less than this part of the time at level 1 delays nothing. */
const rarelyBusy = 0.5;

/**
 * Chooses the level of compression at which the most bytes of disk arrive per second, by what the
 * line carries, what each level costs and saves, and trials of packed against raw frames.
 */
export class Levels {
  readonly #threads: number;
  readonly #now: () => number;
  #rung = 1;
  /** What level 1 costs, in milliseconds for a MiB, and the part of the bytes that it saves. */
  #costMs = 2.2;
  #saving = 0.65;
  #frames = 0;
  #decideAt: number = decideEvery.first;
  /** Bytes per second that arrived while the line was busy; undefined before it was. */
  #carried: number | undefined;
  /** Bytes per second that the line can probably carry. */
  #capacity: number | undefined;
  /** Raw bytes per second that were pulled lately. */
  #pace: number | undefined;
  /** Raw bytes pulled since the last decision. */
  #asked = 0;
  /** The pace of the other way, packed or raw, while this one is tried and after it has won. */
  #toBeat: number | undefined;
  #isTrial = false;
  /** The part that was saved at the last trial. */
  #tried = Number.NaN;
  /** The frame from which on the next trial may begin. */
  #tryFrom: number = trial.after;
  /** Frames from the next trial, should it fail, to the one after it. */
  #again: number = trial.again;
  #decided: Observation | undefined;
  /** When a level was asked for last. */
  #lastAt: number | undefined;
  /** Whether what was pulled since the last decision says nothing about the pace. */
  #isPaceless = true;

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
    const at = this.#now();
    this.#frames += 1;
    this.#asked += rawBytes;
    this.#isPaceless ||= rawBytes < smallBytes || at - (this.#lastAt ?? at) > pauseMs;
    this.#lastAt = at;
    this.#decided ??= { ...wire, at };
    if (this.#frames >= this.#decideAt) this.#decide(wire, at, this.#decided);
    const every = this.#saving < savings.least ? probeEvery.noise : probeEvery.usual;
    const isPacked = rawBytes < smallBytes || this.#frames % every === 0;
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

  #decide({ arrivedBytes, busyMs, bytesPerSecond }: Wire, at: number, before: Observation): void {
    const arrived = arrivedBytes - before.arrivedBytes;
    if (arrived >= 0 && arrived < judgedBytes) return;
    const asked = this.#asked;
    const isPaceless = this.#isPaceless;
    this.#decided = { at, busyMs, arrivedBytes, bytesPerSecond };
    this.#asked = 0;
    this.#isPaceless = false;
    this.#decideAt = this.#frames + (this.#frames < decideEvery.usual ? decideEvery.first : decideEvery.usual);
    // A new session counts anew.
    if (arrived < 0) return;
    const ms = Math.max(0.1, at - before.at);
    const busy = Math.min(ms, Math.max(busyMs - before.busyMs, ms * leastBusy));
    const carried = (arrived / busy) * 1000;
    this.#carried = meanOf(this.#carried, carried, 0.5);
    // Small single frames wait for round trips and not for the line; and the round trips of a few
    // frames overrate it, because a line lets short bursts through.
    const atBest = isPaceless && this.#capacity !== undefined ? this.#capacity : bytesPerSecond;
    this.#capacity = meanOf(this.#capacity, busy > ms * mostlyBusy ? carried : Math.max(carried, atBest), 0.5);
    if (!isPaceless) this.#pace = meanOf(this.#pace, (asked / ms) * 1000, newest);
    // The first decision of a trial only begins to count.
    if (this.#isTrial && isPaceless) this.#decideAt = this.#frames + trial.heard;
    else if (this.#isTrial) this.#compare();
    else this.#choose(this.#capacity, this.#carried, busy / ms);
  }

  /** Chooses the level with the fastest estimate, and begins a trial where that is not sure. */
  #choose(capacity: number, carried: number, busy: number): void {
    const times = ladder.map(({ costs, saves }) =>
      Math.max(((1 - this.#saving * saves) * MiB * 1000) / capacity, this.#workMs(costs)),
    );
    const packed = Math.min(...times.slice(1));
    const pace = this.#pace ?? 0;
    const more = this.#rung === 0 ? this.#saving - this.#tried : this.#tried - this.#saving;
    const mayTry = pace > 0 && (this.#frames >= this.#tryFrom || more > savings.other);
    // On a slow line level 1 costs nothing, and later data may get smaller where earlier did not.
    const isFree = 2 * this.#workMs(1) <= (MiB * 1000) / capacity;
    if (this.#rung === 0) {
      const estimate = (MiB * 1000) / packed;
      if (isFree) {
        this.#rung = 1;
        this.#toBeat = undefined;
      } else if (pace < (this.#toBeat ?? 0) * trial.keeps && this.#saving > savings.least) this.#try(1, 0);
      else if (mayTry && estimate > pace * trial.promise) this.#try(1, pace);
      return;
    }
    // A higher level keeps the line less busy, which must not be a reason to lower it.
    const busyAtLeast = (busy * (1 - this.#saving)) / (1 - this.#saving * (ladder[this.#rung]?.saves ?? 1));
    const best = busyAtLeast < rarelyBusy ? 1 : times.findIndex((time, rung) => rung > 0 && time <= packed * tolerance);
    // One rung at a time, because the ladder was measured on another machine; several at once where
    // they are fast enough at twice their estimate.
    const sure = ladder.findLastIndex(({ costs }, rung) => rung <= best && 2 * this.#workMs(costs) <= packed);
    this.#rung = best > this.#rung ? Math.max(this.#rung + 1, sure) : best;
    if (isFree) return;
    if (this.#saving < savings.least) {
      this.#rung = 0;
      this.#toBeat = undefined;
      return;
    }
    if (mayTry && this.#rung === 1 && carried * trial.beyondSeen >= Math.min(pace, (MiB * 1000) / packed)) this.#try(0, pace);
  }

  /** Begins a trial of a rung against a pace. */
  #try(rung: number, toBeat: number): void {
    this.#rung = rung;
    this.#toBeat = toBeat;
    this.#pace = undefined;
    this.#isTrial = true;
    this.#tried = this.#saving;
    this.#isPaceless = true;
    this.#decideAt = this.#frames + trial.unheard;
  }

  /** Ends a trial: the rung stays where it reached the pace, and the one before returns if not. */
  #compare(): void {
    this.#isTrial = false;
    this.#tryFrom = this.#frames + this.#again;
    if ((this.#pace ?? 0) >= (this.#toBeat ?? 0) * trial.keeps) return;
    this.#rung = this.#rung === 0 ? 1 : 0;
    this.#toBeat = this.#pace;
    this.#pace = undefined;
    this.#again *= 4;
  }

  /** Milliseconds of all threads for a MiB at a level that costs so much. */
  #workMs(costs: number): number {
    return (this.#costMs * costs + rawMsPerMiB) / this.#threads;
  }
}

function meanOf(mean: number | undefined, value: number, weight: number): number {
  return mean === undefined ? value : mean + weight * (value - mean);
}

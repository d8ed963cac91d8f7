import type { Packed } from '../../shared/disk/jobs/pack.ts';

/** What the link tells of itself. */
export interface Wire {
  /** Bytes of data that have arrived at the other side since the session began. */
  readonly arrivedBytes: number;
  /** Milliseconds for which the line has been carrying something since the session began. */
  readonly busyMs: number;
  /** Bytes per second at its best so far, as its round trips tell; 0 before that is known. */
  readonly bytesPerSecond: number;
}

/** The line as it was at some time. */
interface Sight extends Wire {
  readonly at: number;
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

/** While frames go raw, one in so many is packed all the same, to see whether it would pay; more where the last ones did not get smaller, for that is soon found out. */
const probeEvery = { usual: 16, noise: 4 } as const;

/** A frame of less is always packed: a few pieces of what was read, so it costs little beside the reading; and the whole is as small. */
const scrapBytes = 2 * 1024 * 1024;

/** Frames between two decisions: the first few, while all is guessed, and the usual. */
const decideEvery = { first: 2, usual: 8 } as const;

/** Bytes that have to arrive before the line is judged: its first ones come slower than all others. */
const tellingBytes = 1024 * 1024;

/**
 * What the other side pays for packed frames is not seen from here, so packing is tried against leaving it wherever the reckoning does not decide.
 * Frames before the first trial, and from one that failed to the next, at first; frames of a trial that tell nothing, for those before them are still on their way,
 * and those that tell; the part of the other way's pace that the one tried must reach; how much faster the line may be than it was seen to be, for packed frames
 * come in short bursts on a fast one; and how much faster packed frames must be reckoned than raw ones are.
 */
const trial = { after: 24, again: 256, unheard: 6, heard: 16, keeps: 0.95, beyondSeen: 1.6, promise: 1.5 } as const;

/** When the part that is saved has changed by so much since a trial, in favour of the loser, its outcome says nothing any more; and when it is less than the second, nothing is packed. */
const savings = { other: 0.3, least: 1 / 32 } as const;

/** When nobody asks for so long, the pace before and after says nothing about frames: milliseconds. */
const pauseMs = 1000;

/** The lowest level within this much of the fastest is taken: CPU is not spent on a gain nobody sees. */
const tolerance = 1.005;

const MiB = 1024 * 1024;

/** How much of the newest one is in a mean of recent ones. */
const newest = 0.25;

/** The least part of a while that a line is believed to have been busy, for what is shorter cannot be measured; and the part from which on it was full. */
const leastBusy = 0.02;
const mostlyBusy = 0.8;

/** A line that would be busy for less than this part of a while at level 1 holds nothing up, however slow it looks. */
const rarelyBusy = 0.5;

/**
 * Chooses how hard frames are compressed: the level at which the most bytes of disk would arrive per second,
 * reckoned from what the line carries while it carries something, and what each level has cost and saved so far.
 * What the other side pays for packed frames is not seen from here. So where threads and not the line hold packed frames up, raw ones are tried, and kept as long as more arrives.
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
  /** Bytes per second that arrived while the line carried something, and that it may well carry; undefined before it has carried anything. */
  #carried: number | undefined;
  #capacity: number | undefined;
  /** Bytes of disk per second that are asked for lately, and how many since the last decision. */
  #pace: number | undefined;
  #asked = 0;
  /** While one way is tried against the other, or has won: the pace of the other before. */
  #toBeat: number | undefined;
  #isTrial = false;
  /** The part that was saved at the last trial. */
  #tried = Number.NaN;
  /** The frame from which the next trial may begin; and how long the one after it is put off should it fail. */
  #tryFrom: number = trial.after;
  #again: number = trial.again;
  #decided: Sight | undefined;
  /** When a level was asked for last, and whether what was asked since the last decision says nothing about the pace. */
  #lastAt: number | undefined;
  #isDeaf = true;

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
    this.#isDeaf ||= rawBytes < scrapBytes || at - (this.#lastAt ?? at) > pauseMs;
    this.#lastAt = at;
    this.#decided ??= { ...wire, at };
    if (this.#frames >= this.#decideAt) this.#decide(wire, at, this.#decided);
    const every = this.#saving < savings.least ? probeEvery.noise : probeEvery.usual;
    const isPacked = rawBytes < scrapBytes || this.#frames % every === 0;
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

  #decide({ arrivedBytes, busyMs, bytesPerSecond }: Wire, at: number, before: Sight): void {
    const arrived = arrivedBytes - before.arrivedBytes;
    if (arrived >= 0 && arrived < tellingBytes) return;
    const [asked, isDeaf] = [this.#asked, this.#isDeaf];
    [this.#decided, this.#asked, this.#isDeaf] = [{ at, busyMs, arrivedBytes, bytesPerSecond }, 0, false];
    this.#decideAt = this.#frames + (this.#frames < decideEvery.usual ? decideEvery.first : decideEvery.usual);
    // A new session counts anew.
    if (arrived < 0) return;
    const ms = Math.max(0.1, at - before.at);
    const busy = Math.min(ms, Math.max(busyMs - before.busyMs, ms * leastBusy));
    const carried = (arrived / busy) * 1000;
    this.#carried = meanOf(this.#carried, carried, 0.5);
    // Of single small frames it is the way there and back that takes the time, not the line; and round trips of a few say too much of it, for a line lets short bursts through.
    const atBest = isDeaf && this.#capacity !== undefined ? this.#capacity : bytesPerSecond;
    this.#capacity = meanOf(this.#capacity, busy > ms * mostlyBusy ? carried : Math.max(carried, atBest), 0.5);
    if (!isDeaf) this.#pace = meanOf(this.#pace, (asked / ms) * 1000, newest);
    // The first decision of a trial only begins to count.
    if (this.#isTrial && isDeaf) this.#decideAt = this.#frames + trial.heard;
    else if (this.#isTrial) this.#compare();
    else this.#choose(this.#capacity, this.#carried, busy / ms);
  }

  /** Takes the level that is reckoned to be the fastest, and tries whether to pack at all where that is not sure. */
  #choose(capacity: number, carried: number, busy: number): void {
    const times = ladder.map(({ costs, saves }) =>
      Math.max(((1 - this.#saving * saves) * MiB * 1000) / capacity, this.#workMs(costs)),
    );
    const packed = Math.min(...times.slice(1));
    const pace = this.#pace ?? 0;
    const more = this.#rung === 0 ? this.#saving - this.#tried : this.#tried - this.#saving;
    const mayTry = pace > 0 && (this.#frames >= this.#tryFrom || more > savings.other);
    // On a slow line level 1 costs nothing, and what follows what does not get smaller may well get smaller.
    const isFree = 2 * this.#workMs(1) <= (MiB * 1000) / capacity;
    if (this.#rung === 0) {
      const reckoned = (MiB * 1000) / packed;
      if (isFree) [this.#rung, this.#toBeat] = [1, undefined];
      else if (pace < (this.#toBeat ?? 0) * trial.keeps && this.#saving > savings.least) this.#try(1, 0);
      else if (mayTry && reckoned > pace * trial.promise) this.#try(1, pace);
      return;
    }
    // What is packed harder keeps the line less busy, and must not be taken for a reason to pack less.
    const busyAtLeast = (busy * (1 - this.#saving)) / (1 - this.#saving * (ladder[this.#rung]?.saves ?? 1));
    const best = busyAtLeast < rarelyBusy ? 1 : times.findIndex((time, rung) => rung > 0 && time <= packed * tolerance);
    // One rung at a time, for the ladder is measured elsewhere and each rung shows what it costs here; more at once where it may well cost twice as much.
    const sure = ladder.findLastIndex(({ costs }, rung) => rung <= best && 2 * this.#workMs(costs) <= packed);
    this.#rung = best > this.#rung ? Math.max(this.#rung + 1, sure) : best;
    if (isFree) return;
    if (this.#saving < savings.least) {
      [this.#rung, this.#toBeat] = [0, undefined];
      return;
    }
    if (mayTry && this.#rung === 1 && carried * trial.beyondSeen >= Math.min(pace, (MiB * 1000) / packed)) this.#try(0, pace);
  }

  /** Takes a rung on trial, against a pace. */
  #try(rung: number, toBeat: number): void {
    [this.#rung, this.#toBeat, this.#pace, this.#isTrial] = [rung, toBeat, undefined, true];
    this.#tried = this.#saving;
    [this.#isDeaf, this.#decideAt] = [true, this.#frames + trial.unheard];
  }

  /** Ends a trial: the rung stays, or the one before comes back; and it is long until the next. */
  #compare(): void {
    [this.#isTrial, this.#tryFrom] = [false, this.#frames + this.#again];
    if ((this.#pace ?? 0) >= (this.#toBeat ?? 0) * trial.keeps) return;
    [this.#rung, this.#toBeat, this.#pace] = [this.#rung === 0 ? 1 : 0, this.#pace, undefined];
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

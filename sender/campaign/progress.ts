import type { DiskStatus } from './campaign-status.ts';

/** Milliseconds over which the rate on the line is averaged. */
const rateMs = 5_000;

/**
 * Milliseconds over which the progress of a disk is averaged for its ETA. Zeros and reused blocks
 * come in bursts, so that a shorter time makes the ETA swing.
 */
const etaMs = 60_000;

/** Milliseconds over which the progress of a campaign is averaged: several disks, and boots. */
const campaignMs = 300_000;

/** Samples nearer than this replace each other. */
const apartMs = 250;

/** A shorter time tells nothing of a rate. */
const tellingMs = 1_000;

interface RateSample {
  readonly at: number;
  readonly doneBytes: number;
  readonly sentBytes: number;
}

interface Heard {
  readonly sizeBytes: number;
  readonly samples: readonly RateSample[];
}

/**
 * The progress of every disk, as the copies report it. A restart loses it until they report again.
 */
export class Progress {
  readonly #disks = new Map<string, Heard>();
  readonly #now: () => number;
  /** What all disks have gained since the beginning, now and then. */
  #gained: readonly { readonly at: number; readonly bytes: number }[] = [];

  /** `now` is a clock in milliseconds that never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Notes what a copy reports. */
  hear(disk: string, sizeBytes: number, doneBytes: number, sentBytes: number): void {
    const sample = { at: this.#now(), doneBytes, sentBytes };
    const before = this.#disks.get(disk)?.samples ?? [];
    const last = before.at(-1);
    // A comparison that begins again counts from its own beginning.
    const kept = last !== undefined && doneBytes < last.doneBytes ? [] : before;
    this.#gain(Math.max(0, doneBytes - (kept.at(-1)?.doneBytes ?? doneBytes)));
    this.#disks.set(disk, { sizeBytes, samples: withSample(kept, sample, etaMs) });
  }

  /** Forgets a disk whose round has ended: what it sent is in the journal, and counts once. */
  forget(disk: string): void {
    this.#disks.delete(disk);
  }

  /** The progress of a disk; null when nothing was reported. */
  of(disk: string): DiskStatus | null {
    const heard = this.#disks.get(disk);
    const last = heard?.samples.at(-1);
    if (heard === undefined || last === undefined) return null;
    const left = heard.sizeBytes - last.doneBytes;
    const stalled = this.#now() - last.at > rateMs;
    const line = stalled || left === 0 ? 0 : this.#rate(heard, rateMs, (sample) => sample.sentBytes);
    const done = stalled ? 0 : this.#rate(heard, etaMs, (sample) => sample.doneBytes);
    return {
      id: disk,
      sizeBytes: heard.sizeBytes,
      doneBytes: last.doneBytes,
      sentBytes: last.sentBytes,
      bytesPerSecond: Math.round(line),
      etaSeconds: left === 0 ? 0 : done > 0 ? Math.ceil(left / done) : null,
    };
  }

  /** What all disks together gain in a second, over minutes; null before that can be told. */
  pace(): number | null {
    const [first] = this.#gained;
    const last = this.#gained.at(-1);
    if (first === undefined || last === undefined) return null;
    const ms = this.#now() - first.at;
    return ms < 5 * tellingMs || last.bytes === first.bytes ? null : ((last.bytes - first.bytes) * 1000) / ms;
  }

  #gain(bytes: number): void {
    const last = this.#gained.at(-1);
    this.#gained = withSample(this.#gained, { at: this.#now(), bytes: (last?.bytes ?? 0) + bytes }, campaignMs);
  }

  #rate({ samples }: Heard, overMs: number, of: (sample: RateSample) => number): number {
    const since = this.#now() - overMs;
    // One sample older than the time stays, so that a slow disk still has a rate.
    const from = samples[Math.max(0, samples.findIndex(({ at }) => at > since) - 1)];
    const last = samples.at(-1);
    if (from === undefined || last === undefined) return 0;
    const ms = this.#now() - from.at;
    return ms < tellingMs ? 0 : (Math.max(0, of(last) - of(from)) * 1000) / ms;
  }
}

/** Adds a sample; those that are too near or too old go, but for one that is older. */
function withSample<S extends { readonly at: number }>(samples: readonly S[], sample: S, keptMs: number): S[] {
  const isNear = samples.length > 1 && sample.at - (samples.at(-2)?.at ?? 0) < apartMs;
  const all = [...(isNear ? samples.slice(0, -1) : samples), sample];
  const firstKept = all.findIndex(({ at }) => at >= sample.at - keptMs);
  return all.slice(Math.max(0, firstKept - 1));
}

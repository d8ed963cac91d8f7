import type { DiskStatus } from './campaign-status.ts';

/** Milliseconds over which a rate is averaged. */
const windowMs = 5_000;

interface RateSample {
  readonly at: number;
  readonly doneBytes: number;
}

/**
 * The progress of every disk, as the copies report it. A restart loses it until they report again.
 */
export class Progress {
  readonly #disks = new Map<string, { sizeBytes: number; sentBytes: number; samples: RateSample[] }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Notes what a copy reports. */
  hear(disk: string, sizeBytes: number, doneBytes: number, sentBytes: number): void {
    const at = this.#now();
    const samples = [...(this.#disks.get(disk)?.samples ?? []), { at, doneBytes }];
    // One sample older than the window stays, so that a slow disk still has a rate.
    while ((samples[1]?.at ?? at) < at - windowMs) samples.shift();
    this.#disks.set(disk, { sizeBytes, sentBytes, samples });
  }

  /** The progress of a disk; null when nothing was reported. */
  of(disk: string): DiskStatus | null {
    const heard = this.#disks.get(disk);
    const first = heard?.samples[0];
    const last = heard?.samples.at(-1);
    if (heard === undefined || first === undefined || last === undefined) return null;
    const seconds = (this.#now() - first.at) / 1000;
    const stalled = this.#now() - last.at > windowMs;
    const rate = stalled || seconds <= 0 ? 0 : Math.max(0, (last.doneBytes - first.doneBytes) / seconds);
    const left = heard.sizeBytes - last.doneBytes;
    return {
      id: disk,
      sizeBytes: heard.sizeBytes,
      doneBytes: last.doneBytes,
      sentBytes: heard.sentBytes,
      bytesPerSecond: Math.round(left === 0 ? 0 : rate),
      etaSeconds: left === 0 ? 0 : rate > 0 ? Math.ceil(left / rate) : null,
    };
  }
}

import type { Lab } from '../lab/lab.ts';
import type { Link } from '../lab/network.ts';

/** A disk to bring to the other side. */
export interface Job {
  readonly disk: string;
  /** What the other side has of this very disk already: an older state of it. */
  readonly older?: string;
  readonly link: Link;
}

/** A contender with everything in place, so that what is measured is the transfer alone. */
export interface Ready {
  /** Brings the disk across; resolves when the other side has all of it. Returns its own time in seconds where it knows better than a clock around it. */
  run(): Promise<number | undefined>;
  /** Where the disk arrived. */
  readonly arrived: string;
  /** Peak memory of each side where the contender knows it exactly: bytes. */
  peakBytes?(): Promise<{ near: number; far: number }>;
  close(): Promise<void>;
}

/** A way to move a disk. */
export interface Contender {
  readonly name: string;
  /** Starts what must run beforehand, and brings `older` across; nothing of this is measured. */
  prepare(lab: Lab, job: Job): Promise<Ready>;
}

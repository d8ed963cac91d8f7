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
  /**
   * Copies the disk to the other side; resolves when all of it is there. Returns its own time in
   * seconds where that is more exact than the caller's.
   */
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

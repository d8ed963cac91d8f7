import type { Lab } from '../lab/lab.ts';
import type { Row } from '../result/record.ts';
import type { DiskShelf } from '../setup/disks.ts';

/** What every row works with. */
export interface Bench {
  readonly lab: Lab;
  readonly disks: DiskShelf;
  readonly rounds: number;
  /** Whether those run too that send over a slow link what another has sent already. */
  readonly all: boolean;
  readonly seed: string;
  /** Disks our daemons move at once in a campaign. */
  readonly parallel: number;
  /** Tells the person at the terminal. */
  readonly say: (text: string) => void;
  /** Rows that are done. */
  readonly done: readonly Row[];
  /** Notes a peak of memory of our two processes, under the name of what they did. */
  readonly notePeak: (work: string, peak: { readonly near: number; readonly far: number }) => void;
  /** The peaks noted so far: bytes of the larger of the two. */
  readonly peaks: ReadonlyMap<string, number>;
}

/** A row by its name for `--only`; it may take its time, but not for ever. */
export interface RowMaker {
  readonly id: string;
  make(bench: Bench): Promise<Row>;
}

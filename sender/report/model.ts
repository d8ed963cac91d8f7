import type { LeftBehind } from '../../shared/print/left-text.ts';
import type { ProblemJson } from '../../shared/problem.ts';
import type { MoveStatus } from '../campaign/campaign-status.ts';
import type { Verification } from '../campaign/compare/verification.ts';
import type { Forecast } from '../migration/move.ts';
import type { Round } from '../migration/round.ts';
import type { ChangeLists } from './changes.ts';
import type { ProbedDowntime } from './measures.ts';

/** Times and bytes of one move, from the journal alone. Milliseconds and bytes. */
export interface MoveReport {
  /** Absent for a server. */
  readonly kind?: 'volume' | 'image';
  /** The id of the server, of a volume that no server has, or of an image. */
  readonly server: string;
  readonly name: string;
  readonly wave: string;
  readonly state: MoveStatus['state'];
  /** When it arrived; of an attempt that was rolled back since, too. */
  readonly movedAt: string | null;
  /** When it was back at the source; all else is then told of that attempt. */
  readonly rolledBackAt: string | null;
  readonly destinationId: string | null;
  readonly phases: readonly { readonly name: string; readonly startedAt: string; readonly ms: number }[];
  readonly migrationMs: number | null;
  /** From the stop at the source to the proof that the new server runs. */
  readonly downtimeMs: number | null;
  /** When its stop was begun; null for one that was not stopped, or was stopped before. */
  readonly downSince: string | null;
  /** As probes saw it from outside; null where nothing was probed or reached. */
  readonly probed: ProbedDowntime | null;
  /** From the first port until the new server answers. */
  readonly networkMs: number | null;
  /** The migration time less the transfer of the bytes alone, and less the wait for a cutover. */
  readonly overheadMs: number | null;
  /** Of a warm move: the downtime that was forecast at the cutover, and the rounds before it. */
  readonly forecast: Forecast | null;
  readonly rounds: readonly (Round & { readonly endedAt: string })[];
  readonly disks: readonly {
    readonly id: string;
    readonly sizeBytes: number;
    readonly zeroBytes: number;
    readonly reusedBytes: number;
    /** Taken from other disks at the receiver. */
    readonly copiedBytes: number;
    readonly pulledBytes: number;
    /** What the pulled bytes were on the wire. */
    readonly sentBytes: number;
    readonly root: string;
  }[];
}

/** What a campaign did, derived from its journal. */
export interface Report {
  readonly campaign: string;
  readonly project: string;
  readonly state: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly moves: readonly MoveReport[];
  readonly totals: {
    /** Those that have moved, and stayed. */
    readonly servers: number;
    /** Volumes that no server has, likewise; absent where none has moved. */
    readonly volumes?: number;
    /** Images, likewise. */
    readonly images?: number;
    /** Those that had moved, and were rolled back. */
    readonly rolledBack: number;
    readonly diskBytes: number;
    readonly sentBytes: number;
    readonly resources: Readonly<Record<string, number>>;
  };
  /** What is not at the destination as it was at the source. */
  readonly changes: ChangeLists;
  /** What the commit left at the destination that is no part of the tenant; null before it. */
  readonly left: LeftBehind | null;
  /** Both sides as they were read again last; null where nobody asked for it. */
  readonly verification: Verification | null;
  /** `overcome`: what failed was done later in the same attempt, by a retry. */
  readonly problems: readonly (ProblemJson & { readonly at: string; readonly overcome: boolean })[];
}

import type { ProblemJson } from '../../shared/problem.ts';
import type { RestState } from '../migration/fact.ts';
import type { Forecast } from '../migration/move.ts';
import type { Round } from '../migration/round.ts';
import type { WindowStatus } from '../migration/window.ts';

/**
 * The progress of one disk's copy. Bytes are as the guest sees them; `sentBytes` crossed the wire.
 */
export interface DiskStatus {
  readonly id: string;
  readonly sizeBytes: number;
  readonly doneBytes: number;
  readonly sentBytes: number;
  /** What crosses the line, of the last few seconds; 0 while nothing does. */
  readonly bytesPerSecond: number;
  readonly etaSeconds: number | null;
}

/** A warm move before its cutover. */
export interface WarmStatus {
  readonly rounds: readonly Round[];
  /** What its downtime would be now; null before the first round has ended. */
  readonly forecast: Forecast | null;
  /**
   * Whether only the cutover is missing, and when the plan allows it: `now`, `when-ready`,
   * `manual`, `at TIME`.
   */
  readonly waits: boolean;
  readonly cutover: string;
  readonly asked: boolean;
}

/** The progress of one move. `phase` is a name of the itinerary. */
export interface MoveStatus {
  /** Absent for a server. */
  readonly kind?: 'volume' | 'image';
  /** The id of the server, of a volume that no server has, or of an image. */
  readonly server: string;
  readonly name: string;
  readonly wave: string;
  /** The names of the servers that share volumes with it, and move together with it. */
  readonly together?: readonly string[];
  readonly state: 'waiting' | 'moving' | 'moved' | 'frozen' | 'failed' | 'rolled back';
  readonly phase: string | null;
  readonly disks: readonly DiskStatus[];
  /** What crossed the line for it: in every round, and in the last copy of its disks. */
  readonly sentBytes: number;
  /** Null once it is cut over, and for a cold move. */
  readonly warm: WarmStatus | null;
  /** The window or blackout it waits for; null where it waits for none. */
  readonly window: WindowStatus | null;
  readonly problem: ProblemJson | null;
  /** What had failed it first, where `problem` keeps it from being taken back. */
  readonly before?: ProblemJson | undefined;
}

/** How far all servers of a campaign are together. */
export interface CampaignProgress {
  /** Of all disks; of one that was not begun, what it may hold. */
  readonly sizeBytes: number;
  readonly doneBytes: number;
  readonly sentBytes: number;
  readonly bytesPerSecond: number;
  /** Null while it cannot be told. */
  readonly etaSeconds: number | null;
}

/** What a campaign can be doing when it does not rest. */
export type CampaignState = RestState | 'preparing' | 'moving' | 'committing' | 'rolling back';

/** The progress of a campaign. Times are ISO 8601, UTC. */
export interface CampaignStatus {
  readonly id: string;
  readonly project: string;
  readonly state: CampaignState;
  /** One sentence on what happens now. */
  readonly says: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /**
   * Resources of the network side: how many we built and adopted so far, and how many there are.
   * `built` is null until the receiver has told, after a restart for instance.
   */
  readonly built: number | null;
  readonly adopted: number;
  readonly toBuild: number;
  readonly moves: readonly MoveStatus[];
  readonly progress: CampaignProgress;
  /** What is built but not as it was at the source, by resource. */
  readonly differences: readonly { readonly ref: string; readonly says: string }[];
  readonly problem: ProblemJson | null;
  /** What had stopped it before the commit or rollback that is under way or has failed. */
  readonly before?: ProblemJson | undefined;
}

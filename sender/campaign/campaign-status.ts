import type { ProblemJson } from '../../shared/problem.ts';
import type { RestState } from '../migration/fact.ts';
import type { Forecast } from '../migration/move.ts';
import type { Round } from '../migration/round.ts';
import type { WindowStatus } from '../migration/window.ts';

/**
 * Where one disk's copy stands. Bytes are of the disk as the guest sees it; `sentBytes` are those
 * that crossed the wire.
 */
export interface DiskStatus {
  readonly id: string;
  readonly sizeBytes: number;
  readonly doneBytes: number;
  readonly sentBytes: number;
  /** Of the last few seconds; 0 while nothing moves. */
  readonly bytesPerSecond: number;
  readonly etaSeconds: number | null;
}

/** A warm move before its cutover. */
export interface WarmStatus {
  readonly rounds: readonly Round[];
  /** What its downtime would be now; null before the first round has ended. */
  readonly forecast: Forecast | null;
  /**
   * Whether only the cutover is missing, and what the plan says of it: `now`, `when-ready`,
   * `manual`, `at TIME`.
   */
  readonly waits: boolean;
  readonly cutover: string;
  readonly asked: boolean;
}

/** Where one server's move stands. `phase` is a name of the itinerary. */
export interface MoveStatus {
  readonly server: string;
  readonly name: string;
  readonly wave: string;
  readonly state: 'waiting' | 'moving' | 'moved' | 'failed' | 'rolled back';
  readonly phase: string | null;
  readonly disks: readonly DiskStatus[];
  /** Null once it is cut over, and for a cold move. */
  readonly warm: WarmStatus | null;
  /** What the plan's calendar makes it wait for; null where it waits for nothing of it. */
  readonly window: WindowStatus | null;
  readonly problem: ProblemJson | null;
}

/** What a campaign can be doing, beside resting. */
export type CampaignState = RestState | 'preparing' | 'moving' | 'committing' | 'rolling back';

/** Where a campaign stands. Times are ISO 8601, UTC. */
export interface CampaignStatus {
  readonly id: string;
  readonly project: string;
  readonly state: CampaignState;
  /** One sentence on what happens now. */
  readonly says: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Resources of the network side built so far, and how many there are. */
  readonly built: number;
  readonly toBuild: number;
  readonly moves: readonly MoveStatus[];
  readonly problem: ProblemJson | null;
}

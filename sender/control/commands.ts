import type { Selection } from '../../shared/cloud/cloud.ts';
import type { Concern, Decision } from '../../shared/model/concern.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import type { ProblemJson } from '../../shared/problem.ts';
import type { Forecast } from '../migration/forecast.ts';
import type { Round } from '../migration/round.ts';
import type { WindowStatus } from '../migration/window.ts';
import type { BandwidthStatus } from '../receiver/bandwidth.ts';
import type { ProbedDowntime } from '../report/measures.ts';

/** Where one disk's copy stands. Bytes are of the disk as the guest sees it; `sentBytes` are those that crossed the wire. */
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
  /** Whether only the cutover is missing, and what the plan says of it: `now`, `when-ready`, `manual`, `at TIME`. */
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

/** What a campaign can be doing. `ready`: everything moved, waiting for commit or rollback. */
export const campaignStates = [
  'preparing',
  'moving',
  'paused',
  'failed',
  'ready',
  'committing',
  'committed',
  'rolling back',
  'rolled back',
] as const;

/** Where a campaign stands. Times are ISO 8601, UTC. */
export interface CampaignStatus {
  readonly id: string;
  readonly project: string;
  readonly state: (typeof campaignStates)[number];
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

/** What `sender status` shows. */
export interface SenderStatus {
  readonly release: string;
  readonly peer: {
    readonly name: string;
    readonly address: string;
    readonly state: 'connected' | 'connecting' | 'unpaired';
    readonly says: string;
  } | null;
  readonly bandwidth: BandwidthStatus;
  readonly campaigns: readonly CampaignStatus[];
}

/** A plan as `sender plan` returns it: the YAML text, and everything found. */
export interface PlanResult {
  readonly plan: string;
  readonly concerns: readonly Concern[];
  readonly decisions: readonly Decision[];
}

/** What `sender verify` found of one disk. */
export interface DiskVerdict {
  readonly server: string;
  readonly name: string;
  readonly disk: string;
  readonly sizeBytes: number;
  /** Of the whole disk at the source, or of the copy where the source has none any more. */
  readonly sha256: string | null;
  readonly image: string | null;
  readonly agrees: boolean;
  /** One or more sentences. */
  readonly says: string;
}

/** What a commit does with the source servers: keep them locked and tagged, or delete them. */
export interface CommitOptions {
  readonly deleteSource: boolean;
}

/** A campaign that has begun, and what may be worth knowing of it. */
export interface Begun {
  readonly campaign: string;
  readonly concerns: readonly Concern[];
}

/** Options of `sender migrate` that override the plan's, but for `probe`. `order`: server ids or names. */
export interface MigrateOptions {
  readonly order?: readonly string[] | undefined;
  readonly parallel?: number | undefined;
  readonly delaySeconds?: number | undefined;
  /** For servers to which the plan gives none. */
  readonly probe?: string | undefined;
}

/** Stage times and byte counts of one server's move, derived from the journal alone. Milliseconds and bytes. */
export interface MoveReport {
  readonly server: string;
  readonly name: string;
  readonly state: string;
  readonly destinationId: string | null;
  readonly phases: readonly { readonly name: string; readonly startedAt: string; readonly ms: number }[];
  readonly migrationMs: number | null;
  /** From the stop at the source to the proof that the new server runs. */
  readonly downtimeMs: number | null;
  /** As probes saw it from outside; null where nothing was probed or reached. */
  readonly probed: ProbedDowntime | null;
  /** From the first port until the new server answers. */
  readonly networkMs: number | null;
  /** The migration time less what the bytes alone need on the path, and less the wait for a cutover. */
  readonly overheadMs: number | null;
  /** Of a warm move: what the downtime was expected to be at the cutover, and the rounds before it. */
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
    readonly servers: number;
    readonly diskBytes: number;
    readonly sentBytes: number;
    readonly resources: Readonly<Record<string, number>>;
  };
  readonly problems: readonly (ProblemJson & { readonly at: string })[];
}

/** Everything an operator can ask of a running sender; the control socket offers each as one route. Every failure is a Problem. */
export interface SenderCommands {
  status(): Promise<SenderStatus>;
  /** Resolves when the status may have changed, or after a second at most. */
  changed(signal: AbortSignal): Promise<void>;
  pair(address: string, code: string): Promise<{ name: string; fingerprint: string }>;
  peers(): Promise<readonly { name: string; address: string | null; fingerprint: string; pairedAt: string }[]>;
  unpair(name: string): Promise<void>;
  rotate(): Promise<{ fingerprint: string }>;
  /** Sets the limit on what is sent: a rate such as `100mbit`, `none`, or `configured`; without it only tells. Lasts until the daemon stops. */
  bandwidth(limit?: string): Promise<BandwidthStatus>;
  capture(selection: Selection): Promise<{ document: Configurations; concerns: readonly Concern[] }>;
  plan(selection: Selection): Promise<PlanResult>;
  /** Starts a campaign; `file` names the plan's origin in complaints. Refuses blocking concerns with E_BLOCKED before any write. */
  migrate(plan: string, file: string, options: MigrateOptions): Promise<Begun>;
  /** Starts a campaign from a `configurations.json`: its servers, in its order, with proposed mappings. */
  migrateDocument(document: unknown, file: string): Promise<Begun>;
  /** Begins to stop and freeze servers for a bundle; no receiver is asked. */
  beginExport(selection: Selection): Promise<Begun>;
  /** The bundle of a campaign whose servers are all frozen; may be asked for as often as wanted. */
  bundle(id: string, signal: AbortSignal): AsyncIterable<Buffer>;
  pause(campaign: string): Promise<CampaignStatus>;
  resume(campaign: string): Promise<CampaignStatus>;
  /** Lets servers that are copied while they run be stopped and moved to their end now: the named ones, by id or name, or all that wait for it. */
  cutover(campaign: string, servers: readonly string[]): Promise<CampaignStatus>;
  /** Stops where it is and rolls back what is not yet moved to its end: the source server we stopped runs again. Moved servers stay moved. */
  cancel(campaign: string): Promise<CampaignStatus>;
  commit(campaign: string, options: CommitOptions): Promise<CampaignStatus>;
  rollback(campaign: string): Promise<CampaignStatus>;
  /** Reads both sides of a campaign that is ready again, disk by disk; nothing is written on either cloud. Any wish for the campaign ends it. */
  verify(campaign: string): Promise<readonly DiskVerdict[]>;
  report(campaign: string): Promise<Report>;
  /** The campaign's journal, oldest first. */
  log(campaign: string): Promise<readonly object[]>;
}

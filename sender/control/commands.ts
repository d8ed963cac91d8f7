import type { Selection } from '../../shared/cloud/cloud.ts';
import type { Concern, Decision } from '../../shared/model/concern.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import type { ProblemJson } from '../../shared/problem.ts';
import type { CampaignStatus } from '../campaign/campaign-status.ts';
import type { DiskVerdict } from '../campaign/verify.ts';
import type { Forecast } from '../migration/move.ts';
import type { Round } from '../migration/round.ts';
import type { BandwidthStatus } from '../receiver/bandwidth.ts';
import type { ProbedDowntime } from '../report/measures.ts';

export type { CampaignStatus, DiskStatus, MoveStatus, WarmStatus } from '../campaign/campaign-status.ts';
export type { DiskVerdict } from '../campaign/verify.ts';

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

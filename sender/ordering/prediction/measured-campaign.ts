import { downtimePhases } from '../../migration/itinerary.ts';
import type { Load, WarmCopy } from './model.ts';

const lastSnapshot = downtimePhases.find(({ likeRound }) => likeRound === 'snapshot')?.name ?? '';

/** A measured campaign: when each server began and ended, and how long its phases took. */
export interface MeasuredCampaign {
  readonly servers: readonly (Load & {
    readonly beganMs: number;
    readonly endedMs: number;
    /** By the phase's name in the itinerary. */
    readonly phases: Readonly<Record<string, { readonly beganMs: number; readonly ms: number }>>;
    /** The copies of a warm move that were made while the server ran. */
    readonly rounds?: readonly MeasuredRound[] | undefined;
  })[];
}

/** One copy of a running server. */
interface MeasuredRound {
  readonly beganMs: number;
  readonly snapshotMs: number;
  readonly copyMs: number;
  readonly bytes: number;
}

/** The parts of a campaign's report that are needed. */
export interface CampaignReport {
  readonly moves: readonly {
    readonly server: string;
    readonly state: string;
    readonly phases: readonly { readonly name: string; readonly startedAt: string; readonly ms: number }[];
    readonly disks: readonly { readonly sizeBytes: number; readonly sentBytes: number }[];
    readonly rounds?:
      | readonly { readonly endedAt: string; readonly bytes: number; readonly snapshot_ms: number; readonly copy_ms: number }[]
      | undefined;
  }[];
}

/**
 * Reads a report's moved servers; null where there are none. Times are milliseconds from the first
 * start.
 */
export function measureCampaign(report: CampaignReport): MeasuredCampaign | null {
  const moves = report.moves.filter(({ state, phases }) => state === 'moved' && phases.length > 0);
  const began = moves.map(({ phases }) => Math.min(...phases.map(({ startedAt }) => Date.parse(startedAt))));
  const zero = Math.min(...began);
  if (moves.length === 0 || !Number.isFinite(zero)) return null;
  return { servers: moves.map((move, index) => measuredMove(move, began[index] as number, zero)) };
}

function measuredMove(
  { server, phases, disks, rounds = [] }: CampaignReport['moves'][number],
  beganAtMs: number,
  zero: number,
): MeasuredCampaign['servers'][number] {
  const copies = rounds.map(({ endedAt, bytes, snapshot_ms, copy_ms }) => ({
    beganMs: Date.parse(endedAt) - snapshot_ms - copy_ms - zero,
    snapshotMs: snapshot_ms,
    copyMs: copy_ms,
    bytes,
  }));
  const last = disks.reduce((sum, disk) => sum + disk.sentBytes, 0);
  const byName = Object.fromEntries(
    phases.map(({ name, startedAt, ms }) => [name, { beganMs: Date.parse(startedAt) - zero, ms }]),
  );
  return {
    id: server,
    sentBytes: copies[0]?.bytes ?? last,
    diskBytes: disks.reduce((sum, disk) => sum + disk.sizeBytes, 0),
    beganMs: beganAtMs - zero,
    endedMs: Math.max(...phases.map(({ startedAt, ms }) => Date.parse(startedAt) + ms)) - zero,
    phases: byName,
    ...(copies.length === 0 ? {} : { rounds: copies, warm: warmOf(copies, last, byName[lastSnapshot]?.beganMs) }),
  };
}

/**
 * The warm copy of a server: how many rounds, and what it changed between the first snapshot and
 * the last.
 */
function warmOf(rounds: readonly MeasuredRound[], lastBytes: number, frozenMs: number | undefined): WarmCopy {
  const changed = rounds.slice(1).reduce((sum, { bytes }) => sum + bytes, lastBytes);
  const seconds = ((frozenMs ?? 0) - (rounds[0]?.beganMs ?? 0)) / 1000;
  return { changedRate: seconds > 0 ? changed / seconds : 0, rounds: rounds.length, round_threshold_mib: 0 };
}

/** The most servers that moved at the same time. */
export function mostAtOnce({ servers }: MeasuredCampaign): number {
  const counts = servers.map(
    ({ beganMs }) => servers.filter((other) => other.beganMs <= beganMs && beganMs < other.endedMs).length,
  );
  return Math.max(1, ...counts);
}

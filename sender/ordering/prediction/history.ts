import { downtimePhases } from '../../migration/itinerary.ts';
import type { Load, Warm } from './model.ts';
import type { Prediction, Ranged } from './predict.ts';

const firstDown = downtimePhases[0]?.name ?? '';
const lastSnapshot = downtimePhases.find(({ likeRound }) => likeRound === 'snapshot')?.name ?? '';

/** A campaign that was measured: its servers with their loads, when each began and ended, and how long its stages took. */
export interface Measured {
  readonly servers: readonly (Load & {
    readonly beganMs: number;
    readonly endedMs: number;
    /** By the names of the itinerary. */
    readonly stages: Readonly<Record<string, { readonly beganMs: number; readonly ms: number }>>;
    /** Of a warm move: the copies that were made while it ran. */
    readonly rounds?: readonly MeasuredRound[] | undefined;
  })[];
}

/** One copy of a running server: when its snapshot was asked for, how long that and the copy took, and what crossed. */
interface MeasuredRound {
  readonly beganMs: number;
  readonly snapshotMs: number;
  readonly copyMs: number;
  readonly bytes: number;
}

/** What is needed of a campaign's report. */
export interface Reported {
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

/** What a report says of the servers that moved whole; null where there are none. Times are milliseconds from the first beginning. */
export function measuredOf(report: Reported): Measured | null {
  const moves = report.moves.filter(({ state, phases }) => state === 'moved' && phases.length > 0);
  const began = moves.map(({ phases }) => Math.min(...phases.map(({ startedAt }) => Date.parse(startedAt))));
  const zero = Math.min(...began);
  if (moves.length === 0 || !Number.isFinite(zero)) return null;
  return { servers: moves.map((move, index) => measuredMove(move, began[index] as number, zero)) };
}

function measuredMove(
  { server, phases, disks, rounds = [] }: Reported['moves'][number],
  beganAtMs: number,
  zero: number,
): Measured['servers'][number] {
  const copies = rounds.map(({ endedAt, bytes, snapshot_ms, copy_ms }) => ({
    ...{ beganMs: Date.parse(endedAt) - snapshot_ms - copy_ms - zero, snapshotMs: snapshot_ms, copyMs: copy_ms, bytes },
  }));
  const last = disks.reduce((sum, disk) => sum + disk.sentBytes, 0);
  const stages = Object.fromEntries(
    phases.map(({ name, startedAt, ms }) => [name, { beganMs: Date.parse(startedAt) - zero, ms }]),
  );
  return {
    id: server,
    sentBytes: copies[0]?.bytes ?? last,
    diskBytes: disks.reduce((sum, disk) => sum + disk.sizeBytes, 0),
    beganMs: beganAtMs - zero,
    endedMs: Math.max(...phases.map(({ startedAt, ms }) => Date.parse(startedAt) + ms)) - zero,
    stages,
    ...(copies.length === 0 ? {} : { rounds: copies, warm: warmOf(copies, last, stages[lastSnapshot]?.beganMs) }),
  };
}

/** How a server was copied while it ran: what it changed between the first snapshot and the last, and as many rounds as there were. */
function warmOf(rounds: readonly MeasuredRound[], lastBytes: number, frozenMs: number | undefined): Warm {
  const changed = rounds.slice(1).reduce((sum, { bytes }) => sum + bytes, lastBytes);
  const seconds = ((frozenMs ?? 0) - (rounds[0]?.beganMs ?? 0)) / 1000;
  return { changedRate: seconds > 0 ? changed / seconds : 0, rounds: rounds.length, round_threshold_mib: 0 };
}

/** What was predicted beside what was measured. */
export interface Comparison {
  readonly what: string;
  readonly predictedMs: Ranged;
  readonly measuredMs: number;
  /** Measured over predicted, less one. */
  readonly error: number;
  readonly inRange: boolean;
}

/** Holds a prediction against the campaign that followed: its length, then each server. */
export function comparePrediction(prediction: Prediction, measured: Measured): Comparison[] {
  const row = (what: string, predictedMs: Ranged, measuredMs: number): Comparison => ({
    ...{ what, predictedMs, measuredMs, error: measuredMs / predictedMs.value - 1 },
    inRange: measuredMs >= predictedMs.low && measuredMs <= predictedMs.high,
  });
  const lengthMs = Math.max(...measured.servers.map(({ endedMs }) => endedMs));
  return [
    row('campaign', prediction.lengthMs, lengthMs),
    ...measured.servers.flatMap(({ id, beganMs, endedMs, stages }) => {
      const predicted = prediction.servers.find((server) => server.id === id);
      return predicted === undefined ? [] : [row(id, predicted.downtimeMs, endedMs - (stages[firstDown]?.beganMs ?? beganMs))];
    }),
  ];
}

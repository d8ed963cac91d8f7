import type { Load } from './model.ts';
import type { Prediction, Ranged } from './predict.ts';

/** A campaign that was measured: its servers with their loads, when each began and ended, and how long its stages took. */
export interface Measured {
  readonly servers: readonly (Load & {
    readonly beganMs: number;
    readonly endedMs: number;
    /** By the names of the itinerary. */
    readonly stages: Readonly<Record<string, { readonly beganMs: number; readonly ms: number }>>;
  })[];
}

/** What is needed of a campaign's report. */
export interface Reported {
  readonly moves: readonly {
    readonly server: string;
    readonly state: string;
    readonly phases: readonly { readonly name: string; readonly startedAt: string; readonly ms: number }[];
    readonly disks: readonly { readonly sizeBytes: number; readonly sentBytes: number }[];
  }[];
}

/** What a report says of the servers that moved whole; null where there are none. Times are milliseconds from the first beginning. */
export function measuredOf(report: Reported): Measured | null {
  const moves = report.moves.filter(({ state, phases }) => state === 'moved' && phases.length > 0);
  const began = moves.map(({ phases }) => Math.min(...phases.map(({ startedAt }) => Date.parse(startedAt))));
  const zero = Math.min(...began);
  if (moves.length === 0 || !Number.isFinite(zero)) return null;
  return {
    servers: moves.map(({ server, phases, disks }, index) => ({
      id: server,
      sentBytes: disks.reduce((sum, disk) => sum + disk.sentBytes, 0),
      diskBytes: disks.reduce((sum, disk) => sum + disk.sizeBytes, 0),
      beganMs: (began[index] as number) - zero,
      endedMs: Math.max(...phases.map(({ startedAt, ms }) => Date.parse(startedAt) + ms)) - zero,
      stages: Object.fromEntries(phases.map(({ name, startedAt, ms }) => [name, { beganMs: Date.parse(startedAt) - zero, ms }])),
    })),
  };
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
    ...measured.servers.flatMap(({ id, beganMs, endedMs }) => {
      const predicted = prediction.servers.find((server) => server.id === id);
      return predicted === undefined ? [] : [row(id, predicted.downtimeMs, endedMs - beganMs)];
    }),
  ];
}

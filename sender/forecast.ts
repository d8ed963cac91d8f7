import type { Dated } from '../shared/journal.ts';
import { begunAtMs, type Round } from './migration/round.ts';

/** What a server's downtime would be if it were stopped now. Milliseconds and bytes. */
export interface Forecast {
  readonly downtimeMs: number;
  /** By phase, in the order of the itinerary. */
  readonly stages: Readonly<Record<string, number>>;
  /** What the last round is expected to bring. */
  readonly deltaBytes: number;
  /** The phases that nothing measured stands behind: no server was moved from here before. */
  readonly assumed: readonly string[];
}

/** What an earlier move took, by phase, and the bytes of its disks. */
export interface PastMove {
  readonly stages: Readonly<Record<string, number>>;
  readonly sizeBytes: number;
}

/** What is assumed of a phase that was never seen here: milliseconds. Rather too much than too little. */
const assumedMs = { stop: 30_000, plug: 5_000, create: 45_000, connect: 5_000, probe: 20_000 } as const;

/** How fast a disk is assumed to become an image: bytes per millisecond, 100 MB/s. */
const assumedImportRate = 100_000;

/**
 * Foretells a downtime: the snapshot as long as the last round's, the copy from what the rounds cost and how fast the guest writes, everything else as in the
 * median of earlier moves. Null before the first round.
 */
export function forecastOf(rounds: readonly Dated<Round>[], past: readonly PastMove[], nowMs: number): Forecast | null {
  const last = rounds.at(-1);
  if (last === undefined) return null;
  const deltaBytes = Math.min(last.size, Math.round(deltaOf(rounds, nowMs)));
  const importRates = past.flatMap(({ stages, sizeBytes }) =>
    stages['import'] && sizeBytes > 0 ? [sizeBytes / stages['import']] : [],
  );
  const seen = (name: keyof typeof assumedMs): number =>
    median(past.flatMap(({ stages }) => stages[name] ?? [])) ?? assumedMs[name];
  const stages = {
    stop: seen('stop'),
    freeze: last.snapshot_ms,
    copy: copyMs(rounds, deltaBytes),
    import: last.size / (median(importRates) ?? assumedImportRate),
    plug: seen('plug'),
    create: seen('create'),
    connect: seen('connect'),
    probe: seen('probe'),
  };
  const whole = Object.fromEntries(Object.entries(stages).map(([name, ms]) => [name, Math.round(ms)]));
  return {
    downtimeMs: Object.values(whole).reduce((sum, ms) => sum + ms, 0),
    stages: whole,
    deltaBytes,
    assumed: past.length > 0 ? [] : [...Object.keys(assumedMs), 'import'],
  };
}

/** What the guest has written since the last snapshot, at the pace it wrote between the last two; after one round, as much as that brought. */
function deltaOf(rounds: readonly Dated<Round>[], nowMs: number): number {
  const [before, last] = [rounds.at(-2), rounds.at(-1)];
  if (before === undefined || last === undefined) return last?.bytes ?? 0;
  const between = Math.max(1, begunAtMs(last) - begunAtMs(before));
  return (last.bytes / between) * Math.max(0, nowMs - begunAtMs(last));
}

/** Cost of a round that brings so many bytes: the line through the smallest and the largest round, for each reads the whole disk once and sends its own bytes. */
function copyMs(rounds: readonly Round[], bytes: number): number {
  const bySize = [...rounds].sort((a, b) => a.bytes - b.bytes);
  const [small, large] = [bySize[0], bySize.at(-1)];
  if (small === undefined || large === undefined) return 0;
  if (large.bytes === small.bytes) return large.copy_ms;
  const perByte = Math.max(0, (large.copy_ms - small.copy_ms) / (large.bytes - small.bytes));
  return Math.max(0, small.copy_ms + perByte * (bytes - small.bytes));
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

import type { Dated } from '../../shared/journal.ts';
import type { Move } from './phase.ts';
import { begunAtMs, type Round } from './round.ts';

/** What a server's downtime would be if it were stopped now. Milliseconds and bytes. */
export interface Forecast {
  readonly downtimeMs: number;
  /** By phase, in the order of the itinerary. */
  readonly stages: Readonly<Record<string, number>>;
  /** What the copy is expected to bring while it is down: the last round, or all of a server that moves cold. */
  readonly deltaBytes: number;
  /** The phases that nothing measured stands behind: no server was moved from here before. */
  readonly assumed: readonly string[];
}

/** What an earlier move took, by phase, and the bytes of its disks. */
export interface PastMove {
  readonly stages: Readonly<Record<string, number>>;
  readonly sizeBytes: number;
  /** Whether its copy was only what rounds had left. */
  readonly warm: boolean;
}

/** What is assumed of a phase that was never seen here: milliseconds. Rather too much than too little. */
const assumedMs = { stop: 30_000, plug: 5_000, create: 45_000, connect: 5_000, probe: 20_000 } as const;

/** How fast a disk is assumed to become an image: bytes per millisecond, 100 MB/s. */
const assumedImportRate = 100_000;

/** How fast a disk is assumed to cross, in bytes per millisecond, and how long its snapshot to take: of servers that are stopped first. */
const assumedCopyRate = 60_000;
const assumedFreezeMs = 30_000;

/** Foretells the downtime of a move if its server were stopped now; null where it moves warm and has no round yet. */
export function downtimeOf(
  { warm, diskBytes }: Pick<Move, 'warm' | 'diskBytes'>,
  rounds: readonly Dated<Round>[],
  past: readonly PastMove[],
  nowMs: number,
): Forecast | null {
  return warm ? forecastOf(rounds, past, nowMs) : coldForecastOf(diskBytes, past);
}

/** Foretells the downtime of a server that is stopped before any of it is copied: bytes at the median pace of earlier moves, everything else as in their median. */
export function coldForecastOf(diskBytes: number, past: readonly PastMove[]): Forecast {
  const cold = past.filter(({ warm }) => !warm);
  const stages = {
    stop: usualMs('stop', past),
    freeze: median(past.flatMap((move) => move.stages['freeze'] ?? [])) ?? assumedFreezeMs,
    copy: diskBytes / (median(ratesOf('copy', cold)) ?? assumedCopyRate),
    ...arrivalOf(diskBytes, past),
  };
  const assumed = past.length === 0 ? Object.keys(stages) : cold.length === 0 ? ['copy'] : [];
  return whole(stages, diskBytes, assumed);
}

/**
 * Foretells a downtime: the snapshot as long as the last round's, the copy from what the rounds cost and how fast the guest writes, everything else as in the
 * median of earlier moves. Null before the first round.
 */
export function forecastOf(rounds: readonly Dated<Round>[], past: readonly PastMove[], nowMs: number): Forecast | null {
  const last = rounds.at(-1);
  if (last === undefined) return null;
  const deltaBytes = Math.min(last.size, Math.round(deltaOf(rounds, nowMs)));
  const stages = {
    stop: usualMs('stop', past),
    freeze: last.snapshot_ms,
    copy: copyMs(rounds, deltaBytes),
    ...arrivalOf(last.size, past),
  };
  return whole(stages, deltaBytes, past.length > 0 ? [] : [...Object.keys(assumedMs), 'import']);
}

/** What follows once the bytes are there. */
function arrivalOf(sizeBytes: number, past: readonly PastMove[]): Record<string, number> {
  return {
    import: sizeBytes / (median(ratesOf('import', past)) ?? assumedImportRate),
    plug: usualMs('plug', past),
    create: usualMs('create', past),
    connect: usualMs('connect', past),
    probe: usualMs('probe', past),
  };
}

function whole(stages: Readonly<Record<string, number>>, deltaBytes: number, assumed: readonly string[]): Forecast {
  const rounded = Object.fromEntries(Object.entries(stages).map(([name, ms]) => [name, Math.round(ms)]));
  const downtimeMs = Object.values(rounded).reduce((sum, ms) => sum + ms, 0);
  return { downtimeMs, stages: rounded, deltaBytes, assumed };
}

function usualMs(name: keyof typeof assumedMs, past: readonly PastMove[]): number {
  return median(past.flatMap(({ stages }) => stages[name] ?? [])) ?? assumedMs[name];
}

/** Bytes of disk per millisecond in a phase. */
function ratesOf(name: 'copy' | 'import', past: readonly PastMove[]): number[] {
  return past.flatMap(({ stages, sizeBytes }) => {
    const ms = stages[name];
    return ms && sizeBytes > 0 ? [sizeBytes / ms] : [];
  });
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

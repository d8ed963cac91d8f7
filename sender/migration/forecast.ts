import type { Dated } from '../../shared/journal.ts';
import { downtimePhases } from './itinerary.ts';
import { median } from './median.ts';
import type { Forecast, Move } from './move.ts';
import type { Phase } from './phase.ts';
import { begunAtMs, type Round } from './round.ts';

/** What an earlier move took, by phase, and the bytes of its disks. */
export interface PastMove {
  readonly phases: Readonly<Record<string, number>>;
  readonly sizeBytes: number;
  /** Whether its last copy brought only what rounds or an earlier attempt had left. */
  readonly partial: boolean;
}

/** How long one phase is expected to take; `isAssumed` where nothing was measured. */
interface Expected {
  readonly ms: number;
  readonly isAssumed: boolean;
}

/**
 * Forecasts the downtime if a server were stopped now; null where it moves warm without a round.
 */
export function forecastOf(
  { warm, diskBytes }: Pick<Move, 'warm' | 'diskBytes'>,
  rounds: readonly Dated<Round>[],
  past: readonly PastMove[],
  nowMs: number,
): Forecast | null {
  return warm ? warmForecastOf(rounds, past, nowMs) : coldForecastOf(diskBytes, past);
}

/** Forecasts the downtime of a cold move from the median of earlier moves. */
export function coldForecastOf(diskBytes: number, past: readonly PastMove[]): Forecast {
  return sumUp(diskBytes, (phase) => expectedOf(phase, diskBytes, past));
}

/**
 * Forecasts the downtime of a warm move: snapshot and copy from its rounds, everything else from
 * earlier moves. Null before the first round.
 */
export function warmForecastOf(rounds: readonly Dated<Round>[], past: readonly PastMove[], nowMs: number): Forecast | null {
  const last = rounds.at(-1);
  if (last === undefined) return null;
  const deltaBytes = Math.min(last.size, Math.round(deltaOf(rounds, nowMs)));
  const byRound = { snapshot: last.snapshot_ms, blocks: copyMs(rounds, deltaBytes) };
  return sumUp(deltaBytes, (phase) =>
    phase.likeRound === undefined ? expectedOf(phase, last.size, past) : { ms: byRound[phase.likeRound], isAssumed: false },
  );
}

function sumUp(deltaBytes: number, expect: (phase: Phase) => Expected): Forecast {
  // One that only few moves have is short, and was measured in none of the others.
  const common = downtimePhases.filter(({ when }) => when === undefined);
  const expected = common.map((phase) => ({ name: phase.name, ...expect(phase) }));
  const phases = Object.fromEntries(expected.map(({ name, ms }) => [name, Math.round(ms)]));
  const downtimeMs = Object.values(phases).reduce((sum, ms) => sum + ms, 0);
  return { downtimeMs, phases, deltaBytes, assumed: expected.flatMap(({ name, isAssumed }) => (isAssumed ? [name] : [])) };
}

/**
 * The median duration of a phase in earlier moves, scaled by bytes where they decide; an assumed
 * duration without any.
 */
function expectedOf(phase: Phase, sizeBytes: number, past: readonly PastMove[]): Expected {
  const { name, assumed = { ms: 0 }, likeRound } = phase;
  if ('ms' in assumed) {
    const ms = median(past.flatMap(({ phases }) => phases[name] ?? []));
    return { ms: ms ?? assumed.ms, isAssumed: ms === undefined };
  }
  // A partial copy says nothing about a whole disk.
  const telling = likeRound === 'blocks' ? past.filter(({ partial }) => !partial) : past;
  const rate = median(telling.flatMap((move) => rateIn(move, name)));
  return { ms: sizeBytes / (rate ?? assumed.bytesPerMs), isAssumed: rate === undefined };
}

/** Bytes of disk per millisecond in a phase of an earlier move. */
function rateIn({ phases, sizeBytes }: PastMove, name: string): number[] {
  const ms = phases[name];
  return ms && sizeBytes > 0 ? [sizeBytes / ms] : [];
}

/**
 * What the guest has written since the last snapshot, at its rate between the last two; as much as
 * the last round copied where there is one alone, or the clock was set back between them.
 */
function deltaOf(rounds: readonly Dated<Round>[], nowMs: number): number {
  const before = rounds.at(-2);
  const last = rounds.at(-1);
  if (before === undefined || last === undefined) return last?.bytes ?? 0;
  const between = begunAtMs(last) - begunAtMs(before);
  const sinceMs = nowMs - begunAtMs(last);
  return between <= 0 || sinceMs < 0 ? last.bytes : (last.bytes / between) * sinceMs;
}

/**
 * The cost of a round of so many bytes, on the line through the smallest and the largest round:
 * each reads the whole disk and sends its bytes.
 */
function copyMs(rounds: readonly Round[], bytes: number): number {
  const bySize = [...rounds].sort((a, b) => a.bytes - b.bytes);
  const small = bySize[0];
  const large = bySize.at(-1);
  if (small === undefined || large === undefined) return 0;
  if (large.bytes === small.bytes) return large.copy_ms;
  const perByte = Math.max(0, (large.copy_ms - small.copy_ms) / (large.bytes - small.bytes));
  return Math.max(0, small.copy_ms + perByte * (bytes - small.bytes));
}

import type { Dated } from '../../shared/journal.ts';
import type { Plan } from '../model/plan.ts';

/**
 * One finished round of a warm move: what differed from the receiver's copy, and how long it took.
 */
export interface Round {
  /** From 1, in one attempt. */
  readonly round: number;
  /** Bytes of the disks. */
  readonly size: number;
  /** Blocks that crossed, and their bytes. */
  readonly blocks: number;
  readonly bytes: number;
  /** Milliseconds until the snapshots existed, and until the copies were equal to them. */
  readonly snapshot_ms: number;
  readonly copy_ms: number;
}

/** A round without what else its fact of the journal has. */
export function roundAlone({ round, size, blocks, bytes, snapshot_ms, copy_ms }: Round): Round {
  return { round, size, blocks, bytes, snapshot_ms, copy_ms };
}

/**
 * When a round's snapshot was requested, in ms since the epoch; the next round has later writes.
 */
export function begunAtMs({ at, snapshot_ms, copy_ms }: Dated<Round>): number {
  return Date.parse(at) - snapshot_ms - copy_ms;
}

/** What ends the rounds of a plan. */
export type RoundLimits = Pick<Plan['options'], 'rounds' | 'round_threshold_mib'>;

/**
 * Above this share of the previous round no further one shrinks: the guest writes as fast as we
 * copy.
 */
const shrinks = 0.9;

/** Whether a round is small enough for `cutover: when-ready`. */
export function isSmall({ bytes }: Pick<Round, 'bytes'>, { round_threshold_mib }: RoundLimits): boolean {
  return bytes <= round_threshold_mib * 1024 * 1024;
}

/**
 * Whether a round still predicts the next one: after a pause the guest may have written much. One
 * that ended later than now is of a clock that was set back since, and nobody knows how long ago.
 */
export function isFresh({ at }: Dated<Round>, { round_interval_seconds }: Plan['options'], nowMs: number): boolean {
  const ageMs = nowMs - Date.parse(at);
  return ageMs >= 0 && ageMs < round_interval_seconds * 1000;
}

/** Why a further round would gain nothing, in a few words; null where it would gain something. */
export function whyEnough(
  rounds: readonly Pick<Round, 'bytes'>[],
  options: RoundLimits,
): 'small' | 'not shrinking' | 'limit' | null {
  const before = rounds.at(-2);
  const last = rounds.at(-1);
  if (last === undefined) return null;
  if (isSmall(last, options)) return 'small';
  if (before !== undefined && last.bytes > shrinks * before.bytes) return 'not shrinking';
  return rounds.length >= options.rounds ? 'limit' : null;
}

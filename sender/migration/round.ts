import type { Dated } from '../../shared/journal.ts';
import type { Plan } from '../../shared/model/plan.ts';
import { attemptOf, type Fact } from './fact.ts';

/** One finished round of a warm move: what differed from the receiver's copy, all disks together, and how long the two halves took. */
export interface Round {
  /** From 1, in one attempt. */
  readonly round: number;
  /** Bytes of the disks. */
  readonly size: number;
  /** Blocks that crossed, and their bytes. */
  readonly blocks: number;
  readonly bytes: number;
  /** Milliseconds until the snapshots were there, and to make the copies equal to them. */
  readonly snapshot_ms: number;
  readonly copy_ms: number;
}

/** The rounds of a server's present attempt, oldest first. `at`: when a round had ended. */
export function roundsOf(facts: readonly Dated<Fact>[], server: string): Dated<Round>[] {
  return attemptOf(facts, server).facts.flatMap((fact) => (fact.fact === 'round' ? [fact] : []));
}

/** When a round's snapshot was asked for: milliseconds since the epoch. What is written later belongs to the next round. */
export function begunAtMs({ at, snapshot_ms, copy_ms }: Dated<Round>): number {
  return Date.parse(at) - snapshot_ms - copy_ms;
}

/** What ends the rounds of a plan. */
export type RoundLimits = Pick<Plan['options'], 'rounds' | 'round_threshold_mib'>;

/** A round that brings more than this share of the one before does not shrink any more: the guest writes as fast as we copy. */
const shrinks = 0.9;

/** Whether a round is small enough for `cutover: when-ready`. */
export function isSmall({ bytes }: Pick<Round, 'bytes'>, { round_threshold_mib }: RoundLimits): boolean {
  return bytes <= round_threshold_mib * 1024 * 1024;
}

/** Whether a round still tells how much the next would bring: after a pause or a restart it may be long ago, and the guest has written since. */
export function isFresh({ at }: Dated<Round>, { round_interval_seconds }: Plan['options'], nowMs: number): boolean {
  return nowMs - Date.parse(at) < round_interval_seconds * 1000;
}

/** Why no further round is worth while, in a word or two; null while one is. */
export function whyEnough(
  rounds: readonly Pick<Round, 'bytes'>[],
  options: RoundLimits,
): 'small' | 'not shrinking' | 'limit' | null {
  const [before, last] = [rounds.at(-2), rounds.at(-1)];
  if (last === undefined) return null;
  if (isSmall(last, options)) return 'small';
  if (before !== undefined && last.bytes > shrinks * before.bytes) return 'not shrinking';
  return rounds.length >= options.rounds ? 'limit' : null;
}

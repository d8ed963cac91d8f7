import { countOf } from '../../shared/model/kind-words.ts';
import { showDuration } from '../../shared/print/units.ts';
import type { MoveReport } from './model.ts';

/** What is counted of every disk. */
type ByteCount = 'sizeBytes' | 'zeroBytes' | 'reusedBytes' | 'copiedBytes' | 'pulledBytes' | 'sentBytes';

/** Bytes of one sort over all disks of a server. */
export function sum({ disks }: Pick<MoveReport, 'disks'>, field: ByteCount): number {
  return disks.reduce((total, disk) => total + disk[field], 0);
}

/**
 * Bytes that the receiver had already and that did not cross the link: in an earlier copy of the
 * disk, or in a donor.
 */
export function reused(move: Pick<MoveReport, 'disks'>): number {
  return sum(move, 'reusedBytes') + sum(move, 'copiedBytes');
}

/** Bytes that crossed the link in the rounds of a warm move, before its last copy. */
export function roundBytes({ rounds }: Pick<MoveReport, 'rounds'>): number {
  return rounds.reduce((total, { bytes }) => total + bytes, 0);
}

/** What the downtime of a warm move was expected to be; a question mark where a part is assumed. */
export function forecastOf({ forecast }: MoveReport): string {
  const isAssumed = (forecast?.assumed.length ?? 0) > 0;
  return `${orDash(forecast?.downtimeMs ?? null)}${isAssumed ? '?' : ''}`;
}

/** What the question marks of the forecasts mean; nothing where there are none. */
export function assumedNote(moves: readonly MoveReport[]): string[] {
  const assumed = new Set(moves.flatMap(({ forecast }) => forecast?.assumed ?? []));
  if (assumed.size === 0) return [];
  return [`? is assumed in part, because no earlier move had measured it: ${[...assumed].join(', ')}`];
}

/** Why a server that moved has a dash for its downtime; nothing where none has. */
export function unknownNote(moves: readonly MoveReport[]): string[] {
  const unknown = moves.filter((move) => move.movedAt !== null && move.downSince !== null && move.downtimeMs === null);
  if (unknown.length === 0) return [];
  const why = 'the sender’s machine was booted in the middle, or an earlier release noted it by a clock that was set back';
  return [`The downtime of ${countOf('server', unknown.length)} is not known: ${why}.`];
}

/** A duration, or a dash where there is none yet. */
export function orDash(ms: number | null): string {
  return ms === null ? '-' : showDuration(ms);
}

import type { Problem } from '../problem.ts';
import { errorNames } from './wire.ts';

/** A run that the server reports: bytes, and the flags of its context. */
export interface Status {
  readonly length: number;
  readonly flags: number;
}

interface PendingRequest<T> {
  readonly offset: number;
  readonly length: number;
  readonly resolve: (value: T) => void;
  readonly reject: (problem: Problem) => void;
  /** The server's word that it failed; it counts when the last chunk is there. */
  failed: string | null;
}

/** A read under way: every byte of `into` must come exactly once, in whatever order. */
export interface PendingRead extends PendingRequest<Buffer> {
  readonly kind: 'read';
  readonly into: Buffer;
  /** Runs that have come, relative to `into`, sorted, none touching the next. */
  readonly got: { start: number; end: number }[];
}

/** A question for a context's flags under way. */
export interface PendingStatus extends PendingRequest<readonly Status[]> {
  readonly kind: 'status';
  readonly context: number;
  found: readonly Status[] | null;
}

/** Claims a run for bytes that come now; false where it lies outside the read or came before. */
export function claim({ got, into }: PendingRead, start: number, length: number): boolean {
  const end = start + length;
  if (start < 0 || length <= 0 || end > into.length) return false;
  // Servers answer in order, as good as always: the last run is the one that grows.
  let place = got.length;
  while (place > 0 && (got[place - 1]?.start ?? 0) >= end) place--;
  const before = got[place - 1];
  const after = got[place];
  if (before !== undefined && before.end > start) return false;
  const joinsBefore = before?.end === start;
  const joinsAfter = after?.start === end;
  if (joinsBefore && joinsAfter) {
    before.end = after.end;
    got.splice(place, 1);
  } else if (joinsBefore) before.end = end;
  else if (joinsAfter) after.start = start;
  else got.splice(place, 0, { start, end });
  return true;
}

/** Whether every byte of a read has come. */
export function isComplete({ got, into }: PendingRead): boolean {
  return into.length === 0 || (got.length === 1 && got[0]?.start === 0 && got[0].end === into.length);
}

/**
 * The extents of a BLOCK_STATUS chunk, after its context id; null where they are not what was
 * asked. The last may reach beyond it and is cut.
 */
export function statusesIn(payload: Buffer, asked: number): readonly Status[] | null {
  if (payload.length < 8 || payload.length % 8 !== 0) return null;
  const found: Status[] = [];
  let covered = 0;
  for (let at = 0; at < payload.length; at += 8) {
    const length = payload.readUInt32BE(at);
    if (length === 0 || covered >= asked) return null;
    const cut = Math.min(length, asked - covered);
    found.push({ length: cut, flags: payload.readUInt32BE(at + 4) });
    covered += cut;
  }
  return found;
}

/** What an ERROR chunk says: the error's name and the server's message. */
export function errorIn(payload: Buffer): string {
  if (payload.length < 6) return 'an error without a number';
  const number = payload.readUInt32BE(0);
  const said = payload.toString('utf8', 6, 6 + Math.min(payload.readUInt16BE(4), payload.length - 6));
  const name = errorNames[number] ?? `error ${number}`;
  return said === '' ? name : `${name}, ${said.replaceAll(/[^\x20-\x7e]/g, '?')}`;
}

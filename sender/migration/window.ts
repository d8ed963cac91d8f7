import type { Calendar } from '../model/calendar.ts';
import { localMs } from '../model/zone.ts';
import { blackoutAt, isOpen, opensAt, opensFor } from './calendar.ts';

/** A server that the calendar holds back. */
export interface WindowStatus {
  /** When it may be stopped, ISO 8601, UTC; null where it fits into no opening of two weeks. */
  readonly opensAt: string | null;
  /** The rest of a sentence that begins with the server's name. */
  readonly says: string;
}

/**
 * Until when the calendar forbids the stop of a server with this downtime; null where it allows it.
 */
export function windowOf(calendar: Calendar, nowMs: number, downtimeMs: number): WindowStatus | null {
  const opens = opensFor(calendar, nowMs, downtimeMs);
  if (opens === nowMs) return null;
  const opensNow = opensAt(calendar, nowMs);
  if (opens === null && opensNow !== null)
    return {
      opensAt: null,
      says: `waits for a window of ${Math.ceil(downtimeMs / 60_000)} min, which its downtime would take; none of two weeks is that long`,
    };
  const blackout = blackoutAt(calendar, nowMs);
  const why =
    blackout === null ? 'the window' : `the end of the blackout${blackout.reason === '' ? '' : ` (${blackout.reason})`}`;
  const fits = isOpen(calendar, nowMs) ? 'the next window, for this one is too short' : why;
  return {
    opensAt: opens === null ? null : new Date(opens).toISOString(),
    says:
      opens === null ? `waits for ${fits}, more than a year` : `waits for ${fits}; opens at ${showLocal(calendar.zone, opens)}`,
  };
}

/** A time as clocks of a zone show it: `2026-11-22 22:00 Europe/Berlin`. */
export function showLocal(zone: string, atMs: number): string {
  const text = new Date(localMs(zone, atMs)).toISOString();
  const seconds = text.slice(16, 19);
  return `${text.slice(0, 10)} ${text.slice(11, 16)}${seconds === ':00' ? '' : seconds} ${zone}`;
}

import { type Calendar, days, type Hours, instantOfMoment } from '../model/calendar.ts';
import { instantOf, localMs } from '../model/zone.ts';

const dayMs = 86_400_000;

/** How far ahead an opening and its end are searched; later ones are not found. */
const yearMs = 366 * dayMs;
const weekMs = 8 * dayMs;

interface MsSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Whether servers may be stopped at a time. */
export function isOpen(calendar: Calendar, atMs: number): boolean {
  return blackoutAt(calendar, atMs) === null && windowsAround(calendar, atMs).some((window) => holds(window, atMs));
}

/** The first time at or after another when servers may be stopped; null for none in a year. */
export function opensAt(calendar: Calendar, atMs: number): number | null {
  let at = atMs;
  while (at - atMs <= yearMs) {
    const next = blackoutAt(calendar, at)?.toMs ?? nextWindow(calendar, at);
    if (next === at) return at;
    at = next;
  }
  return null;
}

/**
 * When the opening around a time ends: null where it lasts over a week, the time itself where the
 * calendar is closed.
 */
export function closesAt(calendar: Calendar, atMs: number): number | null {
  let at = atMs;
  while (at - atMs <= weekMs) {
    if (!isOpen(calendar, at)) return at;
    const now = at;
    const ends = windowsAround(calendar, now).flatMap((window) => (holds(window, now) ? [window.toMs] : []));
    const cuts = blackoutsOf(calendar).flatMap(({ fromMs }) => (fromMs > now ? [fromMs] : []));
    at = Math.min(Math.max(...ends), ...cuts);
  }
  return null;
}

/**
 * The first time from which an opening lasts so many milliseconds; null where none does within a
 * fortnight of the first opening.
 */
export function opensFor(calendar: Calendar, atMs: number, lengthMs: number): number | null {
  const first = opensAt(calendar, atMs);
  let at = first;
  while (at !== null && first !== null && at - first <= 2 * weekMs) {
    const end = closesAt(calendar, at);
    if (end === null || end - at >= lengthMs) return at;
    at = opensAt(calendar, end);
  }
  return null;
}

/**
 * The blackout around a time, the latest-ending one if there are several; null where there is none.
 */
export function blackoutAt(calendar: Calendar, atMs: number): (MsSpan & { readonly reason: string }) | null {
  const around = blackoutsOf(calendar).filter((blackout) => holds(blackout, atMs));
  return around.sort((a, b) => b.toMs - a.toMs)[0] ?? null;
}

function blackoutsOf({ zone, blackout }: Calendar): (MsSpan & { readonly reason: string })[] {
  return blackout.map(({ from, to, reason }) => ({
    fromMs: instantOfMoment(zone, from, 'from'),
    toMs: instantOfMoment(zone, to, 'to'),
    reason,
  }));
}

/** When a window begins, or is open already, at or after a time; windows repeat each week. */
function nextWindow(calendar: Calendar, atMs: number): number {
  const next = windowsAround(calendar, atMs).flatMap(({ fromMs, toMs }) => (toMs > atMs ? [Math.max(fromMs, atMs)] : []));
  return Math.min(...next);
}

/**
 * The windows from the day before a time to a week after it; one without bounds where the calendar
 * has none.
 */
function windowsAround({ zone, windows }: Calendar, atMs: number): MsSpan[] {
  if (windows.length === 0) return [{ fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY }];
  const today = Math.floor(localMs(zone, atMs) / dayMs) * dayMs;
  return windows.flatMap((hours) =>
    Array.from({ length: 10 }, (_, index) => today + (index - 1) * dayMs)
      .filter((day) => hours.days?.includes(days[new Date(day).getUTCDay()] ?? 'sun') ?? true)
      .map((day) => windowOn(zone, hours, day)),
  );
}

/** One window on one day; empty where the change to summer time skips it. */
function windowOn(zone: string, { from, to }: Hours, day: number): MsSpan {
  const end = day + timeMs(to) + (to > from ? 0 : dayMs);
  return { fromMs: instantOf(zone, day + timeMs(from)), toMs: instantOf(zone, end) };
}

function timeMs(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return (hours * 60 + minutes) * 60_000;
}

function holds({ fromMs, toMs }: MsSpan, atMs: number): boolean {
  return atMs >= fromMs && atMs < toMs;
}

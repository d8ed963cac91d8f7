import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { closesAt, isOpen, opensAt, opensFor } from '../../../../sender/migration/calendar.ts';
import { Calendar, days } from '../../../../sender/model/calendar.ts';
import { instantOf, localMs } from '../../../../sender/model/zone.ts';

const minuteMs = 60_000;
const at = (time: string): number => Date.parse(time);
const shown = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** A calendar as the operator would write it. */
function aCalendar(more: object): Calendar {
  return Calendar.parse(more);
}

const timeOfDay = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
const someDays = fc.option(fc.uniqueArray(fc.constantFrom(...days), { minLength: 1 }), { nil: undefined });
const someHours = fc
  .record({ days: someDays, from: timeOfDay, to: timeOfDay })
  .map(({ days: on, ...times }) => (on === undefined ? times : { days: on, ...times }));
/** Minutes of three weeks around the night in which clocks in Europe go back. */
const minute = fc.integer({ min: 0, max: 21 * 24 * 60 }).map((minutes) => at('2026-10-15T00:00Z') + minutes * minuteMs);
const someBlackout = fc.tuple(minute, fc.integer({ min: 1, max: 5_000 })).map(([from, minutes]) => ({
  from: new Date(from).toISOString().replace('.000Z', 'Z'),
  to: new Date(from + minutes * minuteMs).toISOString().replace('.000Z', 'Z'),
}));
const someCalendar = fc
  .record({
    zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'),
    windows: fc.array(someHours, { maxLength: 3 }),
    blackout: fc.array(someBlackout, { maxLength: 3 }),
  })
  .map(aCalendar);

/**
 * The rule in words, minute by minute: some window of today, or one of yesterday that passes
 * midnight, shows on the clock.
 */
function isOpenByTheClock({ zone, windows, blackout }: Calendar, ms: number): boolean {
  if (blackout.some(({ from, to }) => ms >= at(from) && ms < at(to))) return false;
  const local = new Date(localMs(zone, ms));
  const time = local.toISOString().slice(11, 16);
  const on = (hours: Calendar['windows'][number], day: number): boolean =>
    hours.days?.includes(days[(day + 7) % 7] ?? 'sun') ?? true;
  const today = local.getUTCDay();
  return (
    windows.length === 0 ||
    windows.some((hours) =>
      hours.from < hours.to
        ? on(hours, today) && time >= hours.from && time < hours.to
        : (on(hours, today) && time >= hours.from) || (on(hours, today - 1) && time < hours.to),
    )
  );
}

/**
 * Whether clocks in the zone change within two days of a time: there the same reading may mean two
 * times.
 */
function isNearChange({ zone }: Calendar, ms: number): boolean {
  const offset = (moment: number): number => localMs(zone, moment) - moment;
  return offset(ms - 2 * 86_400_000) !== offset(ms + 2 * 86_400_000);
}

describe('a calendar', () => {
  test('is open exactly when its words say so', () => {
    fc.assert(
      fc.property(someCalendar, minute, (calendar, ms) => {
        fc.pre(!isNearChange(calendar, ms));
        expect(isOpen(calendar, ms)).toBe(isOpenByTheClock(calendar, ms));
      }),
    );
  });

  test('opens next at a time that is open, and at none before', () => {
    fc.assert(
      fc.property(
        someCalendar,
        minute,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }),
        (calendar, ms, parts) => {
          const next = opensAt(calendar, ms);
          expect(next).not.toBeNull();
          if (next === null) return;
          expect(next).toBeGreaterThanOrEqual(ms);
          expect(isOpen(calendar, next)).toBe(true);
          const before = [...parts.map((part) => Math.floor(ms + part * (next - ms))), next - 1].filter(
            (moment) => moment >= ms && moment < next,
          );
          expect(before.filter((moment) => isOpen(calendar, moment))).toEqual([]);
        },
      ),
    );
  });

  test('stays open until it closes, and not a millisecond longer', () => {
    fc.assert(
      fc.property(
        someCalendar,
        minute,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }),
        (calendar, ms, parts) => {
          const end = closesAt(calendar, ms);
          if (end === null) return;
          expect(isOpen(calendar, end)).toBe(false);
          const inside = parts.map((part) => Math.floor(ms + part * (end - ms))).filter((moment) => moment < end);
          expect(inside.filter((moment) => !isOpen(calendar, moment))).toEqual([]);
        },
      ),
    );
  });

  test('without windows is always open but for its blackouts', () => {
    const calendar = aCalendar({ blackout: [{ from: '2026-12-24', to: '2026-12-26', reason: 'holidays' }] });
    expect(shown(opensAt(calendar, at('2026-12-23T23:59Z')))).toBe('2026-12-23T23:59:00.000Z');
    expect(shown(closesAt(calendar, at('2026-12-23T23:59Z')))).toBe('2026-12-24T00:00:00.000Z');
    expect(shown(opensAt(calendar, at('2026-12-24T00:00Z')))).toBe('2026-12-27T00:00:00.000Z');
    expect(closesAt(calendar, at('2026-12-27T00:00Z'))).toBeNull();
  });

  test('that a blackout covers for longer than a year never opens', () => {
    expect(opensAt(aCalendar({ blackout: [{ from: '2026-01-01', to: '2099-12-31' }] }), at('2026-11-21T00:00Z'))).toBeNull();
  });

  test('says when there is room for a downtime of some length', () => {
    const calendar = aCalendar({
      windows: [
        { days: ['mon'], from: '01:00', to: '02:00' },
        { days: ['wed'], from: '01:00', to: '05:00' },
      ],
    });
    const monday = at('2026-11-23T01:30Z');
    expect(shown(opensFor(calendar, monday, 30 * minuteMs))).toBe('2026-11-23T01:30:00.000Z');
    expect(shown(opensFor(calendar, monday, 31 * minuteMs))).toBe('2026-11-25T01:00:00.000Z');
    expect(opensFor(calendar, monday, 241 * minuteMs)).toBeNull();
  });
});

describe('on the days on which clocks change', () => {
  const berlin = (from: string, to: string): Calendar => aCalendar({ zone: 'Europe/Berlin', windows: [{ from, to }] });

  test.each([
    { night: 'a night in spring is an hour shorter', from: '2026-03-28T21:00:00.000Z', until: '2026-03-29T03:00:00.000Z' },
    { night: 'a night in autumn is an hour longer', from: '2026-10-24T20:00:00.000Z', until: '2026-10-25T04:00:00.000Z' },
  ])('$night', ({ from, until }) => {
    const calendar = berlin('22:00', '05:00');
    expect(shown(opensAt(calendar, at(from) - 8 * 60 * minuteMs))).toBe(from);
    expect(shown(closesAt(calendar, at(from)))).toBe(until);
  });

  test('a window inside the hour that clocks skip does not open that day', () => {
    expect(shown(opensAt(berlin('02:10', '02:50'), at('2026-03-29T00:00Z')))).toBe('2026-03-30T00:10:00.000Z');
  });

  test('a window that begins in the hour that clocks skip opens when they go on', () => {
    const calendar = berlin('02:30', '04:00');
    expect(shown(opensAt(calendar, at('2026-03-29T00:00Z')))).toBe('2026-03-29T01:00:00.000Z');
    expect(shown(closesAt(calendar, at('2026-03-29T01:00Z')))).toBe('2026-03-29T02:00:00.000Z');
  });

  test('a window in the hour that occurs twice opens once', () => {
    const calendar = berlin('02:10', '02:50');
    expect(shown(opensAt(calendar, at('2026-10-24T23:00Z')))).toBe('2026-10-25T00:10:00.000Z');
    expect(shown(closesAt(calendar, at('2026-10-25T00:10Z')))).toBe('2026-10-25T00:50:00.000Z');
    expect(shown(opensAt(calendar, at('2026-10-25T00:50Z')))).toBe('2026-10-26T01:10:00.000Z');
  });

  test('a day of a blackout is the whole day of its zone', () => {
    const calendar = aCalendar({ zone: 'Europe/Berlin', blackout: [{ from: '2026-10-25', to: '2026-10-25' }] });
    expect(shown(closesAt(calendar, at('2026-10-24T12:00Z')))).toBe('2026-10-24T22:00:00.000Z');
    expect(shown(opensAt(calendar, at('2026-10-24T22:00Z')))).toBe('2026-10-25T23:00:00.000Z');
  });

  test('every instant comes back from what its clocks show, unless they show it twice', () => {
    fc.assert(
      fc.property(fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC'), minute, (zone, ms) => {
        const back = instantOf(zone, localMs(zone, ms));
        expect(localMs(zone, back)).toBe(localMs(zone, ms));
        expect(back).toBeLessThanOrEqual(ms);
      }),
    );
  });
});

describe('a calendar is refused', () => {
  test.each([
    ['an unknown zone', { zone: 'Europe/Nowhere', blackout: [{ from: '2026-03-01', to: '2026-03-02' }] }],
    ['a time of day that is none', { windows: [{ from: '25:00', to: '05:00' }] }],
    ['a day that is none', { blackout: [{ from: '2026-02-30', to: '2026-03-01' }] }],
    ['a blackout that ends before it begins', { blackout: [{ from: '2026-03-02', to: '2026-03-01' }] }],
    ['a key that is none', { window: [] }],
    ['no days at all', { windows: [{ days: [], from: '22:00', to: '05:00' }] }],
  ])('for %s', (_, calendar) => {
    expect(Calendar.safeParse(calendar).success).toBe(false);
  });
});

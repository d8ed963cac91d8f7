import { z } from 'zod';
import { instantOf, isZone } from './zone.ts';

/** The days of a week, as plans and settings write them; Sunday first, as `Date` counts. */
export const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** A time of day, from 00:00 to 23:59. */
const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as "08:00"');

/**
 * From one time of day to another, past midnight where that is not later; it belongs to the day on
 * which it begins. Without days on every day.
 */
export const Hours = z.strictObject({
  days: z.array(z.enum(days)).min(1).optional(),
  from: TimeOfDay.default('00:00'),
  to: TimeOfDay.default('00:00'),
});
export type Hours = z.infer<typeof Hours>;

const Moment = z.string().refine((text) => Number.isFinite(utcOf(text)), {
  abort: true,
  message: 'must be a day such as 2026-12-24, or a time such as 2026-12-24T18:00, with or without its own zone (Z, +01:00)',
});

/**
 * When servers may be stopped: inside a window, where there are any, and outside of every blackout.
 */
export const Calendar = z
  .strictObject({
    /** What clocks the times below are read from: an IANA name. */
    zone: z
      .string()
      .refine(isZone, { abort: true, message: 'must be the name of a time zone such as Europe/Berlin' })
      .default('UTC'),
    windows: z.array(Hours).default([]),
    /** Days or times; a day as `to` is meant whole. */
    blackout: z.array(z.strictObject({ from: Moment, to: Moment, reason: z.string().max(200).default('') })).default([]),
  })
  .superRefine(({ zone, blackout }, context) => {
    for (const [index, { from, to }] of blackout.entries()) {
      if (instantOfMoment(zone, from, 'from') >= instantOfMoment(zone, to, 'to'))
        context.addIssue({ code: 'custom', path: ['blackout', index, 'to'], message: 'must be later than `from`' });
    }
  });
export type Calendar = z.infer<typeof Calendar>;

/**
 * The instant a blackout's moment means, in milliseconds since the epoch; a day begins a blackout
 * at its beginning and ends one at its end.
 */
export function instantOfMoment(zone: string, text: string, as: 'from' | 'to'): number {
  if (/(Z|[+-]\d\d:\d\d)$/.test(text) && text.includes('T')) return Date.parse(text);
  const isDay = !text.includes('T');
  return instantOf(zone, utcOf(text) + (isDay && as === 'to' ? 86_400_000 : 0));
}

/** The moment as if it were of UTC, where it has no zone of its own; NaN where it is no moment. */
function utcOf(text: string): number {
  const [, day = '', time = '', zone = ''] = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? [];
  const ms = Date.parse(time === '' ? `${day}T00:00Z` : `${day}T${time}${zone === '' ? 'Z' : zone}`);
  // 2026-02-30 is no day, whatever Date makes of it.
  const own = new Date(Date.parse(`${day}T00:00Z`));
  return Number.isNaN(own.getTime()) || own.toISOString().slice(0, 10) !== day ? Number.NaN : ms;
}

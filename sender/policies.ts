import type { Calendar, Hours } from '../shared/model/calendar.ts';
import type { Concern } from '../shared/model/concern.ts';
import type { Plan } from '../shared/model/plan.ts';
import { refOf } from '../shared/model/resource.ts';
import { isOpen, opensAt } from './calendar.ts';
import { showLocal } from './waits.ts';

/** What stands in the way of a plan's policies, or may surprise those who wrote them. */
export function policyConcerns({ calendar, waves, options }: Plan, nowMs: number): Concern[] {
  return calendar === undefined ? [] : [...neverOpen(calendar, nowMs), ...cutoversOutside(calendar, waves, options, nowMs)];
}

function neverOpen(calendar: Calendar, nowMs: number): Concern[] {
  if (opensAt(calendar, nowMs) !== null) return [];
  return [
    {
      code: 'calendar.never',
      severity: 'blocking',
      says: 'The calendar lets no server be stopped within a year: blackouts cover every window.',
      remedy: 'Shorten the blackouts, or add a window.',
    },
  ];
}

/** A cutover at a time at which the calendar is closed comes later than its operator thinks. */
function cutoversOutside(calendar: Calendar, waves: Plan['waves'], options: Plan['options'], nowMs: number): Concern[] {
  return waves.flatMap(({ servers }) =>
    servers.flatMap(({ id, name, mode, cutover }): Concern[] => {
      const when = cutover ?? options.cutover;
      if ((mode ?? options.mode) !== 'warm' || !when.startsWith('at ')) return [];
      const wantedMs = Math.max(nowMs, Date.parse(when.slice('at '.length)));
      const opens = opensAt(calendar, wantedMs);
      if (opens === null || isOpen(calendar, wantedMs)) return [];
      return [
        {
          code: 'calendar.cutover',
          severity: 'warning',
          about: refOf('server', id),
          says: `The calendar is closed at the cutover of ${name ?? id} (${when}); it would be stopped at ${showLocal(calendar.zone, opens)}.`,
          remedy: 'Move the cutover into a window, or leave it as it is.',
        },
      ];
    }),
  );
}

/** The policies that a plan sets, in sentences. */
export function policySentences(plan: Plan): string[] {
  const { parallel, delay_seconds } = plan.options;
  return [
    `${parallel === 1 ? 'One server is' : `Up to ${parallel} servers are`} on the way at once${delay_seconds > 0 ? `; the next one follows ${delay_seconds} s after one has ended` : ''}.`,
    ...(plan.calendar === undefined ? [] : calendarSentences(plan.calendar)),
  ];
}

function calendarSentences({ zone, windows, blackout }: Calendar): string[] {
  const when = windows.map(showHours).join(', or ');
  return [
    windows.length === 0
      ? 'Servers may be stopped at any hour.'
      : `Servers are stopped ${when} only (${zone}); what is down then is moved to its end.`,
    ...blackout.map(
      ({ from, to, reason }) =>
        `From ${from} to ${to}${to.includes('T') ? '' : ' inclusive'} (${zone}) nothing new is begun${reason === '' ? '' : `: ${reason}`}.`,
    ),
  ];
}

/** `mon, tue 22:00-05:00`. */
function showHours({ days, from, to }: Hours): string {
  const on = days === undefined ? 'every day' : days.join(', ');
  return from === to && from === '00:00' ? `${on}, all day` : `${on} ${from}-${to}`;
}

import type { Concern } from '../../shared/model/concern.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { refOf } from '../../shared/model/resource.ts';
import { diskBytesOf } from '../../shared/model/space.ts';
import { isNetworkProbe } from '../../shared/probe/answer.ts';
import { isUnrouted } from '../../shared/probe/unrouted.ts';
import { halvesOf } from '../campaign/rolling-wave.ts';
import { isOpen, opensAt, opensFor } from '../migration/calendar.ts';
import { coldForecastOf, type PastMove } from '../migration/forecast.ts';
import { showLocal } from '../migration/window.ts';
import type { Calendar } from '../model/calendar.ts';
import type { Plan } from '../model/plan.ts';

/** What stands in the way of a plan's policies, or may surprise those who wrote them. */
export function policyConcerns(
  { calendar, waves, options, to }: Plan,
  nowMs: number,
  document: Configurations,
  past: readonly PastMove[],
): Concern[] {
  const closed =
    calendar === undefined
      ? []
      : [
          ...neverOpen(calendar, nowMs),
          ...cutoversOutside(calendar, waves, options, nowMs),
          ...(to === 'bundle' ? [] : tooLong(calendar, coldOf(waves, options, document), nowMs, past)),
        ];
  return [...closed, ...waves.filter(({ rolling }) => rolling).flatMap(halfBlind), ...unprobed(waves, document)];
}

/**
 * A probe that could only ask the machine that probes would fail once the server is down. A
 * floating IP may be another one at the destination.
 */
function unprobed(waves: Plan['waves'], document: Configurations): Concern[] {
  const probed = waves.flatMap(({ servers }) => servers).filter(({ probe }) => probe !== undefined && isNetworkProbe(probe));
  return probed.flatMap(({ id, probe }): Concern[] => {
    const server = document.servers.find((one) => one.id === id);
    const ports = document.ports.filter((port) => server?.ports.includes(port.id));
    const addresses = ports.flatMap(({ fixed_ips }) => fixed_ips.map(({ ip_address }) => ip_address));
    const hasFloating = document.floating_ips.some(({ port_id }) => port_id !== null && server?.ports.includes(port_id));
    if (server === undefined || hasFloating || addresses.length === 0 || !addresses.every(isUnrouted)) return [];
    return [
      {
        code: 'probe.unrouted',
        severity: 'blocking',
        about: refOf('server', id),
        says: `Server ${server.name} is at ${addresses.join(', ')} alone: ${probe} there would ask the machine that probes, or its own link, and is refused.`,
        remedy: 'Take its `probe:` out of the plan, or await a text on its console: `console:TEXT`.',
      },
    ];
  });
}

/**
 * What the first half of a farm cannot show: without a probe a server counts as healthy once it
 * runs, whatever it does.
 */
function halfBlind({ name, servers }: Plan['waves'][number]): Concern[] {
  if (servers.length === 1)
    return [
      {
        code: 'rolling.single',
        severity: 'warning',
        says: `Wave ${name} is to move in halves, but has one server.`,
        remedy: 'Put the servers of a farm into one wave.',
      },
    ];
  return halvesOf(servers)[0]
    .filter(({ probe }) => probe === undefined)
    .map(({ id, name: server }) => ({
      code: 'rolling.no_probe',
      severity: 'warning',
      about: refOf('server', id),
      says: `Server ${server ?? id} of the first half of ${name} has no probe: it counts as healthy as soon as it runs.`,
      remedy: 'Give it a `probe:`, so that the second half is begun only when it works.',
    }));
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

/**
 * A server that is stopped first and would be down for longer than any window is open never finds
 * one.
 */
function tooLong(calendar: Calendar, cold: readonly SizedServer[], nowMs: number, past: readonly PastMove[]): Concern[] {
  if (opensAt(calendar, nowMs) === null) return [];
  return cold.flatMap(({ id, name, diskBytes }): Concern[] => {
    const { downtimeMs, assumed } = coldForecastOf(diskBytes, past);
    if (opensFor(calendar, nowMs, downtimeMs) !== null) return [];
    const guess = assumed.length > 0 ? ' (assumed: nothing was moved from here before)' : '';
    return [
      {
        code: 'calendar.too_short',
        severity: 'warning',
        about: refOf('server', id),
        says: `Server ${name} would be down for about ${Math.ceil(downtimeMs / 60_000)} min${guess}, and no window of two weeks is that long: it would wait and never be stopped.`,
        remedy: 'Lengthen a window, move it with `mode: warm`, or run `sender cutover` when it may be stopped all the same.',
      },
    ];
  });
}

interface SizedServer {
  readonly id: string;
  readonly name: string;
  readonly diskBytes: number;
}

/**
 * The servers that are stopped before they are copied, and run: one that is off is not down for
 * anybody.
 */
function coldOf(waves: Plan['waves'], options: Plan['options'], document: Configurations): SizedServer[] {
  const planned = waves.flatMap(({ servers }) => servers).filter(({ mode }) => (mode ?? options.mode) === 'cold');
  return planned.flatMap(({ id }) => {
    const server = document.servers.find((one) => one.id === id);
    if (server === undefined || server.power !== 'running') return [];
    return [{ id, name: server.name, diskBytes: diskBytesOf(server, document) }];
  });
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

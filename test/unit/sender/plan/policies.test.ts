import { expect, test } from 'vitest';
import { halvesOf } from '../../../../sender/campaign/rolling-wave.ts';
import { windowOf } from '../../../../sender/migration/window.ts';
import { Calendar } from '../../../../sender/model/calendar.ts';
import { Plan } from '../../../../sender/model/plan.ts';
import { withOptions } from '../../../../sender/plan/options.ts';
import { policyConcerns } from '../../../../sender/plan/policies.ts';
import { policySentences } from '../../../../sender/plan/policy-sentences.ts';
import { parseYaml } from '../../../../shared/config.ts';
import { aPlan, aTenant } from '../../../support/build.ts';
import { problemOf } from '../../../support/folder.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const planOf = (more: Readonly<Record<string, unknown>>): Plan => aPlan(aTenant(3), more);
const farm = (servers: readonly object[]) => ({ waves: [{ name: 'farm', rolling: true, servers }] });
const codes = (plan: Plan): string[] =>
  policyConcerns(plan, now, aTenant(3), []).map(({ code, severity }) => `${severity} ${code}`);

test('a farm moves in halves, of which the first has the odd server', () => {
  expect(halvesOf(['a', 'b', 'c', 'd', 'e'])).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e'],
  ]);
  expect(halvesOf(['a'])).toEqual([['a'], []]);
});

test('a plan without policies has nothing to complain of', () => {
  expect(codes(planOf({}))).toEqual([]);
});

test('a calendar that never opens stands in the way', () => {
  expect(codes(planOf({ calendar: { blackout: [{ from: '2026-01-01', to: '2028-01-01' }] } }))).toEqual([
    'blocking calendar.never',
  ]);
});

test('a cutover outside of the calendar is told, with the time at which it would come', () => {
  const calendar = { zone: 'Europe/Berlin', windows: [{ from: '22:00', to: '05:00' }] };
  const servers = [
    { id: 's1', name: 'web', mode: 'warm', cutover: 'at 2026-11-22T12:00:00Z' },
    { id: 's2', mode: 'warm', cutover: 'at 2026-11-22T23:00:00Z' },
    { id: 's3', cutover: 'at 2026-11-22T12:00:00Z' },
  ];
  const [concern, ...others] = policyConcerns(planOf({ calendar, waves: [{ name: 'one', servers }] }), now, aTenant(3), []);
  expect(others).toEqual([]);
  expect(concern).toMatchObject({ code: 'calendar.cutover', severity: 'warning', about: 'server/s1' });
  expect(concern?.says).toContain('it would be stopped at 2026-11-22 22:00 Europe/Berlin');
});

test('the first half of a farm without a probe is told to prove little, and a farm of one to be none', () => {
  expect(codes(planOf(farm([{ id: 's1' }, { id: 's2', probe: 'tcp:22' }, { id: 's3' }])))).toEqual(['warning rolling.no_probe']);
  expect(codes(planOf(farm([{ id: 's1' }])))).toEqual(['warning rolling.single']);
});

test('a cold server that would be down for longer than any window is told of, once its time is known or assumed; a warm one is not', () => {
  const calendar = { windows: [{ days: ['sat'], from: '22:00', to: '22:20' }] };
  const servers = [
    { id: 's1', name: 'web' },
    { id: 's2', mode: 'warm' },
  ];
  const plan = planOf({ calendar, waves: [{ name: 'one', servers }] });
  const document = aTenant(3);
  const sized = { ...document, flavors: document.flavors.map((flavor) => ({ ...flavor, disk: 100 })) };
  const [concern, ...others] = policyConcerns(plan, now, sized, []);
  expect(others).toEqual([]);
  expect(concern).toMatchObject({ code: 'calendar.too_short', severity: 'warning', about: 'server/s1' });
  expect(concern?.says).toMatch(/down for about \d\d min \(assumed: .*no window of two weeks is that long/);
  // What such a disk took here before fits.
  const phases = { stop: 5_000, freeze: 10_000, copy: 200_000, import: 100_000, plug: 1, create: 9_000, connect: 1, probe: 1 };
  expect(policyConcerns(plan, now, sized, [{ phases, sizeBytes: 100 * 2 ** 30, partial: false }])).toEqual([]);
  expect(policyConcerns(planOf({ ...plan, to: 'bundle' }), now, sized, [])).toEqual([]);
});

test('an order on the command line does not undo the halves of a farm behind its back', async () => {
  const document = aTenant(3);
  const plan = aPlan(document, farm([{ id: 's1' }, { id: 's2' }]));
  const asked = Promise.resolve().then(() => withOptions(plan, document, { order: ['s2'] }, 'plan.yaml'));
  expect(await problemOf(asked)).toMatchObject({ code: 'E_PLAN', message: expect.stringContaining('moves in halves') });
});

test('every policy is explained in a sentence or two', () => {
  const plan = planOf({
    options: { parallel: 2, delay_seconds: 30 },
    calendar: {
      zone: 'Europe/Berlin',
      windows: [{ days: ['mon', 'tue'], from: '22:00', to: '05:00' }, { days: ['sun'] }],
      blackout: [{ from: '2026-12-24', to: '2026-12-26', reason: 'holidays' }],
    },
    bandwidth: [{ from: '07:00', to: '19:00', rate: '100mbit' }],
    ...farm([{ id: 's1', name: 'web-1' }, { id: 's2', name: 'web-2' }, { id: 's3' }]),
  });
  expect(policySentences(plan)).toEqual([
    'Up to 2 servers move at a time; the next one begins 30 s after one has ended.',
    'A server that cannot be moved runs at the source again, and the others go on; `max_failures` stops the campaign when too many fail.',
    'The images of the servers stay at the destination after the commit: it rebuilds, rescues and evacuates servers from them.',
    'Wave farm moves in halves: first web-1, web-2; then s3, once each of the first runs at the destination and passes its probe.',
    'Servers are stopped mon, tue 22:00-05:00, or sun, all day only (Europe/Berlin), each only if its forecast downtime fits into what is left of the window; a server that is down is always moved to its end.',
    'From 2026-12-24 to 2026-12-26 inclusive (Europe/Berlin) nothing new is begun: holidays.',
    'Sends, by the clock (Europe/Berlin; the first line that fits counts): every day 07:00-19:00: 100mbit; otherwise: no limit.',
  ]);
});

test('what is wrong with a policy is told with its line and column', async () => {
  const text = [
    'version: 1',
    'source: { project_id: p }',
    'calendar:',
    '  zone: Europe/Nowhere',
    '  windows: [{ from: "22:00", until: "05:00" }]',
    'bandwidth: fast',
    'waves: [{ name: one, rolling: maybe, servers: [{ id: s1 }] }]',
  ].join('\n');
  const { code, message } = await problemOf(Promise.resolve().then(() => parseYaml(text, 'plan.yaml', Plan, 'E_PLAN')));
  expect(code).toBe('E_PLAN');
  for (const place of ['plan.yaml:4:9 calendar.zone', 'plan.yaml:5:', 'plan.yaml:6:12 bandwidth', 'plan.yaml:7:'])
    expect(message).toContain(place);
});

test('what a server waits for is said in words, with the time at which it ends', () => {
  const calendar = Calendar.parse({
    zone: 'Europe/Berlin',
    windows: [{ from: '22:00', to: '23:00' }],
    blackout: [{ from: '2026-11-22', to: '2026-11-22', reason: 'elections' }],
  });
  const says = (time: string, minutes = 0) => windowOf(calendar, Date.parse(time), minutes * 60_000)?.says ?? null;
  expect(says('2026-11-21T12:00Z')).toBe('waits for the window; opens at 2026-11-21 22:00 Europe/Berlin');
  expect(says('2026-11-21T21:30Z')).toBeNull();
  expect(says('2026-11-21T21:30Z', 45)).toBe(
    'waits for the next window, for this one is too short; opens at 2026-11-23 22:00 Europe/Berlin',
  );
  expect(says('2026-11-22T12:00Z')).toBe(
    'waits for the end of the blackout (elections); opens at 2026-11-23 22:00 Europe/Berlin',
  );
  expect(says('2026-11-21T12:00Z', 90)).toContain('waits for a window of 90 min');
  const long = Calendar.parse({ blackout: [{ from: '2026-11-20', to: '2026-12-24' }] });
  expect(windowOf(long, Date.parse('2026-11-21T12:00Z'), 60_000)?.says).toBe(
    'waits for the end of the blackout; opens at 2026-12-25 00:00 UTC',
  );
});

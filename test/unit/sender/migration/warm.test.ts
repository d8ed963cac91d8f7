import { expect, test } from 'vitest';
import { coldForecastOf, warmForecastOf } from '../../../../sender/migration/forecast.ts';
import { isFresh, type Round, whyEnough } from '../../../../sender/migration/round.ts';
import { Cutover, Plan } from '../../../../sender/model/plan.ts';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
const { options } = Plan.parse({
  version: 1,
  source: { project_id: 'p' },
  waves: [{ name: 'one', servers: [{ id: 's1', mode: 'warm', cutover: 'manual' }] }],
});

const aRound = (round: number, bytes: number, more: Partial<Round> = {}): Round => ({
  round,
  bytes,
  size: 20 * GiB,
  blocks: Math.ceil(bytes / MiB),
  snapshot_ms: 10_000,
  copy_ms: 60_000,
  ...more,
});
const endedAt = (minute: number, round: Round) => ({ ...round, at: new Date(minute * 60_000).toISOString() });

test('rounds end when one is small, no smaller than the one before, or the last that is allowed', () => {
  expect(whyEnough([], options)).toBeNull();
  expect(whyEnough([aRound(1, 5 * GiB)], options)).toBeNull();
  expect(whyEnough([aRound(1, 5 * GiB), aRound(2, GiB)], options)).toBeNull();
  expect(whyEnough([aRound(1, 5 * GiB), aRound(2, 64 * MiB)], options)).toBe('small');
  expect(whyEnough([aRound(1, 5 * GiB), aRound(2, GiB), aRound(3, 0.95 * GiB)], options)).toBe('not shrinking');
  const falling = Array.from({ length: options.rounds }, (_, index) => aRound(index + 1, GiB * 0.8 ** index));
  expect(whyEnough(falling.slice(0, -1), options)).toBeNull();
  expect(whyEnough(falling, options)).toBe('limit');
});

test('a round that ended longer ago than the interval tells no more what the next would bring', () => {
  const ended = endedAt(10, aRound(1, MiB));
  const interval = options.round_interval_seconds * 1000;
  expect(isFresh(ended, options, 600_000 + interval - 1)).toBe(true);
  expect(isFresh(ended, options, 600_000 + interval)).toBe(false);
});

test('a clock that is set back an hour makes no round fresh for an hour, and no forecast a whole disk', () => {
  const rounds = [endedAt(70, aRound(1, GiB)), endedAt(11, aRound(2, 300 * MiB))];
  expect(isFresh(endedAt(70, aRound(1, GiB)), options, 11 * 60_000)).toBe(false);
  expect(warmForecastOf(rounds, [], 12 * 60_000)?.deltaBytes).toBe(300 * MiB);
  expect(warmForecastOf([...rounds, endedAt(80, aRound(3, 100 * MiB))], [], 20 * 60_000)?.deltaBytes).toBe(100 * MiB);
});

test.each(['now', 'when-ready', 'manual', 'at 2026-11-22T02:00:00Z', 'at 2026-11-22T02:00+01:00'])(
  'a cutover may be %s',
  (text) => {
    expect(Cutover.safeParse(text).success).toBe(true);
  },
);

test.each(['soon', 'at noon', 'at 2026-11-22T02:00:00', 'at 2026-13-22T02:00:00Z', ''])('a cutover may not be %j', (text) => {
  expect(Cutover.safeParse(text).success).toBe(false);
});

test('a forecast grows with what the guest has written since the last round, at the pace of the last two', () => {
  const rounds = [
    endedAt(10, aRound(1, 10 * GiB, { copy_ms: 500_000 })),
    endedAt(20, aRound(2, GiB, { copy_ms: 100_000, snapshot_ms: 20_000 })),
  ];
  const at = (minute: number) => warmForecastOf(rounds, [], minute * 60_000);
  // Snapshots began 90 s before minute 2 and at minute 18; between them the guest wrote the GiB
  // that round 2 brought.
  expect(at(20)?.deltaBytes).toBeGreaterThan(0.1 * GiB);
  expect(at(40)?.deltaBytes).toBeGreaterThan(at(20)?.deltaBytes ?? 0);
  expect(at(40)?.downtimeMs).toBeGreaterThan(at(20)?.downtimeMs ?? 0);
  expect(at(100_000)?.deltaBytes).toBe(20 * GiB);
  expect(at(20)?.phases).toMatchObject({ freeze: 20_000, stop: 30_000 });
  expect(at(20)?.assumed).toContain('create');
});

test('a forecast knows nothing before the first round, and takes what it cannot measure from earlier moves', () => {
  expect(warmForecastOf([], [], 0)).toBeNull();
  const past = [4_000, 6_000, 90_000].map((stop) => ({
    phases: { stop, import: 40_000, plug: 1_000, create: 12_000, connect: 500, probe: 3_000 },
    sizeBytes: 10 * GiB,
    partial: true,
  }));
  const forecast = warmForecastOf([endedAt(10, aRound(1, 10 * GiB))], past, 600_000);
  expect(forecast?.assumed).toEqual([]);
  expect(forecast?.phases).toEqual({
    stop: 6_000,
    freeze: 10_000,
    copy: 60_000,
    import: 80_000,
    create: 12_000,
    connect: 500,
    probe: 3_000,
  });
  expect(forecast?.downtimeMs).toBe(171_500);
});

test('the downtime of a server that is stopped first grows with its disk, at the pace of earlier moves of its kind', () => {
  const phases = {
    stop: 4_000,
    freeze: 8_000,
    copy: 100_000,
    import: 40_000,
    create: 12_000,
    connect: 500,
    probe: 3_000,
  };
  const cold = { phases, sizeBytes: 10 * GiB, partial: false };
  // The last copy of a warm move says nothing of a whole disk.
  const past = [cold, { ...cold, phases: { ...phases, copy: 1_000 }, partial: true }];
  const forecast = coldForecastOf(20 * GiB, past);
  expect(forecast.phases).toEqual({ ...phases, copy: 200_000, import: 80_000 });
  expect(forecast).toMatchObject({ downtimeMs: 307_500, deltaBytes: 20 * GiB, assumed: [] });
  expect(coldForecastOf(20 * GiB, past.slice(1)).assumed).toEqual(['copy']);
  expect(coldForecastOf(20 * GiB, []).assumed).toContain('stop');
  expect(coldForecastOf(20 * GiB, []).downtimeMs).toBeGreaterThan(coldForecastOf(GiB, []).downtimeMs);
});

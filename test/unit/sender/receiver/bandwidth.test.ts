import { describe, expect, it } from 'vitest';
import { Throttle } from '../../../../protocol/pacing/throttle.ts';
import { BandwidthSetting, limitAt, parseRate, showLimit } from '../../../../sender/model/bandwidth.ts';
import { Bandwidth } from '../../../../sender/receiver/bandwidth.ts';

/** A moment in the time zone of this machine; 2026-11-23 is a Monday. */
const at = (day: number, time: string): Date => new Date(`2026-11-${day}T${time}:00`);

describe('a rate', () => {
  it.each([
    ['100mbit', 12_500_000],
    ['800kbit', 100_000],
    ['2.5gbit', 312_500_000],
    ['64000bit', 8_000],
    [' 1GBIT ', 125_000_000],
  ])('is read from %s', (text, bytesPerSecond) => expect(parseRate(text)).toBe(bytesPerSecond));

  it.each(['', '100', 'mbit', '1kbit', '0gbit', '-1mbit', '1e3mbit', '100 mbit', '100MB', '12345678mbit', '1.2345gbit'])(
    'is not read from %j',
    (text) => expect(parseRate(text)).toBeUndefined(),
  );

  it.each(['100mbit', '800kbit', '2.5gbit', '1gbit', '64kbit'])('is shown as it was written: %s', (text) =>
    expect(showLimit(parseRate(text) ?? 0)).toBe(text),
  );
});

describe('the setting', () => {
  it.each([
    [null, null],
    ['100mbit', 12_500_000],
    [[], null],
  ])('%j is a limit at every hour', (setting, limit) => {
    expect(limitAt(BandwidthSetting.parse(setting), at(23, '12:00'))).toBe(limit);
  });

  it.each([
    'fast',
    '1kbit',
    100,
    [{ rate: 'x' }],
    [{ from: '24:00', rate: null }],
    [{ days: [], rate: null }],
    [{ from: '08:00' }],
  ])('is refused where it is %j', (setting) => expect(BandwidthSetting.safeParse(setting).success).toBe(false));

  const table = BandwidthSetting.parse([
    { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '07:00', to: '19:00', rate: '100mbit' },
    { days: ['fri'], from: '22:00', to: '06:00', rate: '1gbit' },
    { from: '22:00', to: '06:00', rate: null },
    { rate: '200mbit' },
  ]);
  it.each([
    [23, '06:59', 25_000_000],
    [23, '07:00', 12_500_000],
    [23, '18:59', 12_500_000],
    [23, '19:00', 25_000_000],
    [23, '22:00', null],
    [24, '05:59', null],
    [24, '06:00', 25_000_000],
    [27, '23:30', 125_000_000],
    [28, '03:00', 125_000_000],
    [28, '12:00', 25_000_000],
    [29, '03:00', null],
  ])('as a table says for the %dth of November at %s: %d', (day, time, limit) => {
    expect(limitAt(table, at(day, time))).toBe(limit);
  });
});

describe('the hours of a plan', () => {
  it('are those of its time zone', () => {
    const setting = BandwidthSetting.parse([{ from: '07:00', to: '19:00', rate: '8mbit' }]);
    const moment = new Date('2026-11-23T18:30:00Z');
    expect(limitAt(setting, moment, 'UTC')).toBe(1_000_000);
    expect(limitAt(setting, moment, 'Europe/Berlin')).toBeNull();
    expect(limitAt(setting, moment, 'America/New_York')).toBe(1_000_000);
  });

  it('stand above the configuration, the tightest of them counts, and a command stands above all', () => {
    const bandwidth = new Bandwidth('100mbit');
    const plan = (setting: string | null) => ({ setting, zone: undefined });
    const limitOf = (...plans: ({ setting: string | null; zone: undefined } | null)[]) => {
      bandwidth.heed(() => plans);
      return bandwidth.status();
    };
    expect(limitOf(plan('200mbit'))).toMatchObject({ limit: '200mbit', by: 'plan' });
    expect(limitOf(plan(null))).toMatchObject({ limit: 'none', by: 'plan' });
    expect(limitOf(plan('200mbit'), plan('50mbit'))).toMatchObject({ limit: '50mbit', by: 'plan' });
    expect(limitOf(plan('200mbit'), null)).toMatchObject({ limit: '100mbit', by: 'plan' });
    expect(limitOf(null)).toMatchObject({ limit: '100mbit', by: 'configuration' });
    bandwidth.ask('1gbit');
    expect(limitOf(plan('200mbit'))).toMatchObject({ limit: '1gbit', by: 'command' });
    bandwidth.ask('configured');
    expect(limitOf(plan('200mbit'))).toMatchObject({ limit: '200mbit', by: 'plan' });
  });
});

describe('the bandwidth of a sender', () => {
  it('follows the clock, until a command says otherwise, and again when it is told to', () => {
    let now = at(23, '06:59');
    const setting = BandwidthSetting.parse([{ from: '07:00', to: '19:00', rate: '8mbit' }]);
    const bandwidth = new Bandwidth(setting, () => now);
    expect(bandwidth.status()).toMatchObject({ limit: 'none', limitBytesPerSecond: null, by: 'configuration' });
    now = at(23, '07:00');
    bandwidth.look();
    bandwidth.throttle.take(1_000_000);
    expect(bandwidth.throttle.delayMs).toBeGreaterThan(900);
    bandwidth.ask('none');
    expect(bandwidth.throttle.delayMs).toBe(0);
    expect(bandwidth.status()).toMatchObject({ limit: 'none', by: 'command' });
    bandwidth.ask('100mbit');
    now = at(23, '23:00');
    bandwidth.look();
    expect(bandwidth.status()).toMatchObject({ limit: '100mbit', limitBytesPerSecond: 12_500_000, by: 'command' });
    bandwidth.ask('configured');
    expect(bandwidth.status()).toMatchObject({ limit: 'none', by: 'configuration' });
  });

  it('refuses what is no limit, and keeps the one it has', () => {
    const bandwidth = new Bandwidth('100mbit');
    expect(() => bandwidth.ask('as fast as you can')).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
    expect(bandwidth.status().limit).toBe('100mbit');
  });

  it('tells what was sent in the last seconds', () => {
    const clock = { ms: at(23, '12:00').getTime() };
    const bandwidth = new Bandwidth(null, () => new Date(clock.ms), new Throttle(() => clock.ms));
    expect(bandwidth.status().bytesPerSecond).toBe(0);
    for (let second = 0; second < 10; second += 1) {
      bandwidth.throttle.take(3_000_000);
      clock.ms += 1000;
      bandwidth.look();
    }
    expect(bandwidth.status().bytesPerSecond).toBe(3_000_000);
    for (let second = 0; second < 5; second += 1) {
      clock.ms += 1000;
      bandwidth.look();
    }
    expect(bandwidth.status().bytesPerSecond).toBe(0);
  });
});

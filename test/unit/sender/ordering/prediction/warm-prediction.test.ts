import { expect, test } from 'vitest';
import { changedRateOf, serverLoads, timedServers } from '../../../../../sender/ordering/analysis/server-loads.ts';
import { fitSite } from '../../../../../sender/ordering/prediction/fit.ts';
import { type MeasuredCampaign, measureCampaign } from '../../../../../sender/ordering/prediction/measured-campaign.ts';
import { assumedSite, type Load, type SiteModel, type WarmCopy } from '../../../../../sender/ordering/prediction/model.ts';
import { predict } from '../../../../../sender/ordering/prediction/predict.ts';
import { comparePrediction } from '../../../../../sender/ordering/prediction/prediction-error.ts';
import { simulateCampaign } from '../../../../../sender/ordering/prediction/simulate-campaign.ts';

const site: SiteModel = {
  ...assumedSite,
  beforeMs: 10_000,
  bootMs: 20_000,
  snapshotMs: 5_000,
  scanRate: 100e6,
  streamRate: 10e6,
  linkRate: 10e6,
  diskRate: 1e12,
  importRate: 1e12,
};
const aWarm = (more: Partial<WarmCopy> = {}): WarmCopy => ({ changedRate: 1e6, rounds: 8, round_threshold_mib: 64, ...more });
const aLoad = (warm: WarmCopy | undefined, id = 's1'): Load => ({ id, sentBytes: 1e9, diskBytes: 2e9, warm });
const alone = (warm: WarmCopy | undefined) => {
  const [timeline] = simulateCampaign(site, [aLoad(warm)], { waves: [['s1']], parallel: 1 }).timelines;
  if (timeline === undefined) throw new Error('It did not arrive.');
  return { beforeMs: timeline.downAtMs - timeline.beganAtMs, downMs: timeline.upAtMs - timeline.downAtMs };
};

test('a warm server is copied in rounds first, and down for stop, reading again, what has changed, and boot', () => {
  // Snapshot and all bytes; snapshot, disk read again and 105 MB; the same and 35.5 MB, which is
  // small.
  expect(alone(aWarm()).beforeMs).toBeCloseTo(105_000 + 35_500 + 28_550, -1);
  expect(alone(aWarm()).downMs).toBeCloseTo(10_000 + 20_000 + 2_855 + 20_002, -1);
  expect(alone(undefined)).toEqual({ beforeMs: 0, downMs: expect.closeTo(130_002, -1) });
});

test('a guest that writes as fast as it is copied is stopped when rounds shrink no more, or at the limit', () => {
  const { beforeMs, downMs } = alone(aWarm({ changedRate: 20e6 }));
  expect(beforeMs).toBeCloseTo(105_000 + 25_000 + 200_000, -1);
  // No more than the disk holds.
  expect(downMs).toBeCloseTo(10_000 + 20_000 + 200_000 + 20_002, -1);
  expect(alone(aWarm({ rounds: 1 })).beforeMs).toBeCloseTo(105_000, -1);
});

test('while one is copied its track is taken, and only its downtime counts for its service', () => {
  const loads = [aLoad(aWarm(), 'a'), aLoad(undefined, 'b')];
  const services = [{ name: 'shop', servers: ['a', 'b'] }];
  const of = (...order: string[]) => predict(site, loads, services, { name: 'm', waves: [order], parallel: 1 });
  const first = of('a', 'b');
  const last = of('b', 'a');
  expect(first.lengthMs.value).toBeCloseTo(last.lengthMs.value, 0);
  expect(last.serviceDowntimeMs.value - first.serviceDowntimeMs.value).toBeCloseTo(alone(aWarm()).beforeMs, 0);
});

/**
 * What a sender would report of warm servers that were moved one after the other, each as the model
 * has it with a line of its own.
 */
function aWarmReport(count: number, { slower = 1 } = {}): MeasuredCampaign {
  const moves = Array.from({ length: count }, (_, index) => {
    const zero = Date.UTC(2026, 10, 21) + index * 300_000;
    const at = (ms: number): string => new Date(zero + slower * ms).toISOString();
    const phase = (name: string, from: number, ms: number) => ({ name, startedAt: at(from), ms: slower * ms });
    const round = (until: number, bytes: number, copy: number) => ({
      endedAt: at(until),
      bytes,
      snapshot_ms: slower * 5_000,
      copy_ms: slower * copy,
    });
    return {
      server: `s${index}`,
      state: 'moved',
      disks: [{ sizeBytes: 2e9, sentBytes: 28.55e6 }],
      rounds: [round(105_000, 1e9, 100_000), round(140_500, 105e6, 30_500), round(169_050, 35.5e6, 23_550)],
      phases: [
        ...[phase('look', 0, 10), phase('precopy', 10, 169_040), phase('stop', 169_050, 4_000), phase('freeze', 173_050, 6_000)],
        ...[
          phase('copy', 179_050, 22_855),
          phase('import', 201_905, 2),
          phase('create', 201_907, 20_000),
          phase('mark', 221_907, 0),
        ],
      ],
    };
  });
  return measureCampaign({ moves }) as MeasuredCampaign;
}

test('rounds of a report tell the site how long snapshots take, how fast disks are read, and how much guests change', () => {
  const measured = aWarmReport(3);
  const fitted = fitSite([measured]);
  expect(fitted.snapshotMs).toBe(5_000);
  expect(fitted.scanRate / 100e6).toBeCloseTo(1, 1);
  expect(fitted.streamRate / 10e6).toBeCloseTo(1, 1);
  expect((changedRateOf([measured]) ?? 0) / 1e6).toBeCloseTo(0.97, 1);
  expect(changedRateOf([])).toBeNull();
});

test('a warm campaign is held against what an earlier one predicts, down time by down time', () => {
  const before = aWarmReport(3);
  const after = aWarmReport(4, { slower: 1.05 });
  const drive = { name: 'm', waves: [after.servers.map(({ id }) => id)], parallel: 1 };
  const rows = comparePrediction(predict(fitSite([before]), after.servers, [], drive), after);
  for (const { what, error } of rows.slice(1)) expect(Math.abs(error), what).toBeLessThan(0.15);
  expect(rows[1]?.measuredMs).toBeCloseTo(1.05 * (221_907 - 169_050), -1);
  expect(rows.every(({ inRange }) => inRange)).toBe(true);
});

test('the order is asked with the downtime of a warm server, and with what such servers changed here before', () => {
  const mover = (id: string, warm: boolean) => ({ id, name: id, diskBytes: 2e9, leastBytes: 1e9, sizes: null, warm });
  const servers = [mover('a', true), mover('b', false)];
  const limits = { rounds: 8, round_threshold_mib: 64 };
  const assumed = serverLoads(servers, [], limits);
  const learnt = serverLoads(servers, [aWarmReport(1)], limits);
  expect(assumed.map(({ warm }) => warm?.changedRate)).toEqual([1e6, undefined]);
  expect(learnt[0]?.warm?.changedRate).toBe(changedRateOf([aWarmReport(1)]));
  const [warm, cold] = timedServers(servers, assumed, site, 1);
  expect(warm?.downMs).toBeCloseTo(alone(aWarm()).downMs, -1);
  expect(warm?.beforeMs).toBeCloseTo(alone(aWarm()).beforeMs, -1);
  expect([cold?.beforeMs, cold?.downMs]).toEqual([0, expect.closeTo(130_002, -1)]);
});

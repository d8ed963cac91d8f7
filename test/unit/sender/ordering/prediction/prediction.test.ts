import { expect, test } from 'vitest';
import { fitSite } from '../../../../../sender/ordering/prediction/fit.ts';
import { type MeasuredCampaign, measureCampaign } from '../../../../../sender/ordering/prediction/measured-campaign.ts';
import { assumedSite, type SiteModel, withLink } from '../../../../../sender/ordering/prediction/model.ts';
import { compareModes, crossover, type PredictedMode, predict } from '../../../../../sender/ordering/prediction/predict.ts';
import { comparePrediction } from '../../../../../sender/ordering/prediction/prediction-error.ts';
import { simulateCampaign } from '../../../../../sender/ordering/prediction/simulate-campaign.ts';
import { equalLoads, oldSite, runOnSite } from '../../../../support/simulated-site.ts';

const plain: SiteModel = {
  ...assumedSite,
  beforeMs: 10_000,
  bootMs: 20_000,
  bootCrowding: 0,
  streamRate: 10e6,
  linkRate: 10e6,
  importRate: 1e12,
};
const lengthOf = ({ servers }: MeasuredCampaign): number => Math.max(...servers.map(({ endedMs }) => endedMs));

function history(counts: readonly number[]): MeasuredCampaign[] {
  return counts.flatMap((count) => {
    const { loads, waves } = equalLoads(count);
    return [1, 3, count].map((parallel) => runOnSite(oldSite, loads, waves, parallel, 100 * count + parallel));
  });
}

test('one server takes the sum of its stages, several one after the other so many times that, and two on one link share it', () => {
  const { loads, waves } = equalLoads(2, 1e9, 0);
  expect(simulateCampaign(plain, loads.slice(0, 1), { waves, parallel: 1 }).lengthMs).toBeCloseTo(130_000, 0);
  expect(simulateCampaign(plain, loads, { waves, parallel: 1, pauseMs: 5000 }).lengthMs).toBeCloseTo(265_000, 0);
  expect(simulateCampaign(plain, loads, { waves, parallel: 2 }).lengthMs).toBeGreaterThan(215_000);
  const alone = simulateCampaign(plain, loads, { waves: [['s1'], ['s2']], parallel: 2 });
  expect(alone.timelines[1]?.downAtMs).toBe(alone.timelines[0]?.upAtMs);
  expect(simulateCampaign(plain, [], { waves: [[]], parallel: 4 })).toEqual({ timelines: [], lengthMs: 0 });
});

test('a model fitted to up to twelve servers predicts numbers of servers it has not seen within fifteen percent, in every mode', () => {
  const model = fitSite(history([1, 2, 4, 8, 12]), undefined, oldSite.link);
  const errors = [3, 6, 10, 14, 16].flatMap((count) => {
    const { loads, waves } = equalLoads(count);
    return [1, 4, count].map((parallel) => {
      const measured = lengthOf(runOnSite(oldSite, loads, waves, parallel, 7 * count + parallel));
      return Math.abs(predict(model, loads, [], { name: 'm', waves, parallel }).lengthMs.value / measured - 1);
    });
  });
  expect(Math.max(...errors)).toBeLessThan(0.15);
  expect(model.campaigns).toBe(15);
  expect(model.spread).toBeLessThan(assumedSite.spread);
});

test('the prediction of a campaign is held against its report, and with it in the history the next one is nearer', () => {
  const { loads, waves } = equalLoads(4);
  const mode = { name: 'parallel 4', waves, parallel: 4 };
  const measured = runOnSite(oldSite, loads, waves, 4, 3);
  const guess = withLink(assumedSite, 30e6);
  const error = (model: SiteModel): number =>
    Math.abs(comparePrediction(predict(model, loads, [], mode), measured)[0]?.error ?? Number.NaN);
  const fitted = fitSite([measured], guess);
  expect(error(fitted)).toBeLessThan(error(guess));
  expect(error(fitted)).toBeLessThan(0.1);
  const rows = comparePrediction(predict(fitted, loads, [], mode), measured);
  expect(rows.map(({ what }) => what).sort()).toEqual(['campaign', 's1', 's2', 's3', 's4']);
  expect(rows.every(({ inRange }) => inRange)).toBe(true);
  expect(fitSite([], guess)).toBe(guess);
});

test('a crowded site has a crossover: all at once is quicker for few servers, one after the other for many; an uncrowded one has none', () => {
  const { at, rows } = crossover(fitSite(history([1, 2, 4, 8, 12]), undefined, oldSite.link), {
    sentBytes: 1e9,
    diskBytes: 2 * 2 ** 30,
  });
  expect(at).toBeGreaterThan(2);
  const many = rows.slice(at ?? 0);
  expect(many.every(({ sequentialMs, parallelMs }) => sequentialMs < parallelMs)).toBe(true);
  expect(rows[1]?.parallelMs).toBeLessThan(rows[1]?.sequentialMs ?? 0);
  expect(crossover(plain, { sentBytes: 1e9, diskBytes: 0 }).at).toBeNull();
});

/** Modes for given waves: one after the other, several at once in one wave, and wave by wave. */
function modesForWaves(waves: readonly (readonly string[])[]): PredictedMode[] {
  const all = [waves.flat()];
  const widest = Math.max(1, ...waves.map((wave) => wave.length));
  return [
    { name: 'sequential', waves: all, parallel: 1 },
    ...[2, 3, 4].filter((k) => k <= waves.flat().length).map((k) => ({ name: `parallel ${k}`, waves: all, parallel: k })),
    ...(waves.length > 1 && widest > 1 ? [{ name: 'batched', waves, parallel: widest }] : []),
  ];
}

test('the mode with the least service downtime is proposed: a service at once where there is room, and not everything at once where there is none', () => {
  const loads = equalLoads(6).loads.map((load) => (load.id === 's1' ? { ...load, sentBytes: 4e9 } : load));
  const waves = [
    ['s1', 's2', 's3'],
    ['s4', 's5', 's6'],
  ];
  const services = waves.map((servers, index) => ({ name: `service ${index + 1}`, servers }));
  const { best, all } = compareModes({ ...plain, linkRate: 30e6 }, loads, services, modesForWaves(waves));
  expect(best?.mode).toBe('batched');
  expect(all.map(({ mode }) => mode)).toEqual(['sequential', 'parallel 2', 'parallel 3', 'parallel 4', 'batched']);
  expect(best?.services.map(({ name }) => name)).toEqual(['service 1', 'service 2']);
  const crowded = compareModes({ ...plain, diskRate: 10e6, seeking: 2 }, loads, services, modesForWaves(waves));
  expect(crowded.best?.mode).toBe('sequential');
  expect(compareModes(plain, [], [], []).best).toBeNull();
});

test('a report becomes history: only servers that moved whole, their bytes, and their stages from the first beginning', () => {
  const phase = (name: string, second: number, ms: number) => ({
    name,
    startedAt: new Date(1e12 + second * 1000).toISOString(),
    ms,
  });
  const disks = [{ id: 'd', sizeBytes: 100, zeroBytes: 0, reusedBytes: 0, sentBytes: 40, root: '' }];
  const move = { disks };
  const measured = measureCampaign({
    moves: [
      { ...move, server: 'a', state: 'moved', phases: [phase('stop', 5, 1000), phase('copy', 6, 4000)] },
      { ...move, server: 'b', state: 'not moved', phases: [phase('stop', 0, 1000)] },
      { ...move, server: 'c', state: 'moved', phases: [] },
    ],
  });
  expect(measured?.servers).toEqual([
    {
      id: 'a',
      sentBytes: 40,
      diskBytes: 100,
      beganMs: 0,
      endedMs: 5000,
      phases: { stop: { beganMs: 0, ms: 1000 }, copy: { beganMs: 1000, ms: 4000 } },
    },
  ]);
  expect(measureCampaign({ moves: [] })).toBeNull();
});

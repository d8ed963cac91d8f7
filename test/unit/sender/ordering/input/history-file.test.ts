import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseHistory } from '../../../../../sender/ordering/input/history-file.ts';
import { backtest } from '../../../../../sender/ordering/prediction/backtest.ts';
import type { MeasuredCampaign } from '../../../../../sender/ordering/prediction/measured-campaign.ts';
import { assumedSite } from '../../../../../sender/ordering/prediction/model.ts';
import { someTraffic } from '../../../../support/conversations.ts';
import { equalLoads, oldSite, runOnSite } from '../../../../support/simulated-site.ts';
import { analyzed, matrixFile, twoShops } from '../an-analysis.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'godwit-history-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

/**
 * A report as `sender report --json` prints it, of a campaign that began on some day of November.
 */
function aReport(day: number, { servers }: MeasuredCampaign): object {
  const zero = Date.UTC(2026, 10, day);
  const at = (ms: number): string => new Date(zero + ms).toISOString();
  const moves = servers.map(({ id, sentBytes, diskBytes, phases }) => ({
    server: id,
    name: id,
    state: 'moved',
    disks: [{ sizeBytes: diskBytes, sentBytes }],
    phases: Object.entries(phases).map(([name, { beganMs, ms }]) => ({ name, startedAt: at(beganMs), ms })),
  }));
  return { campaign: `of day ${day}`, project: 'shop', state: 'committed', startedAt: at(0), moves };
}

function aCampaign(day: number, count: number, parallel: number): object {
  const { loads, waves } = equalLoads(count);
  return aReport(day, runOnSite(oldSite, loads, waves, parallel, day));
}

const campaigns = [aCampaign(3, 4, 1), aCampaign(1, 2, 1), aCampaign(4, 6, 3), aCampaign(5, 9, 1), aCampaign(2, 8, 4)];

test('each campaign is held against what those before it predict, and the site is learnt', () => {
  const past = parseHistory(campaigns.map((value, index) => ({ file: `${index}.json`, value })));
  expect(past.map(({ campaign }) => campaign)).toEqual([1, 2, 3, 4, 5].map((day) => `of day ${day}`));
  const compared = backtest(past, assumedSite);
  expect(compared.map(({ servers, parallel }) => [servers, parallel])).toEqual([
    [2, 1],
    [8, 4],
    [4, 1],
    [6, 3],
    [9, 1],
  ]);
  expect(Math.abs(compared[0]?.length.error ?? 0)).toBeGreaterThan(0.3);
  for (const { length } of compared.slice(3)) expect(Math.abs(length.error)).toBeLessThan(0.15);
});

test('a report given twice counts once, and one in which nothing moved tells nothing', () => {
  const nothing = { campaign: 'none', startedAt: '2026-11-01T00:00:00Z', moves: [] };
  const files = [campaigns[0], campaigns[0], nothing].map((value) => ({ file: 'r.json', value }));
  expect(parseHistory(files)).toHaveLength(1);
});

test('times come from the history, and it is said how good they are', async () => {
  await matrixFile(home, someTraffic(...twoShops));
  const reports = await Promise.all(
    campaigns.map(async (report, index) => {
      await writeFile(join(home, `report-${index}.json`), JSON.stringify(report));
      return `report-${index}.json`;
    }),
  );
  const { exit, out } = await analyzed(home, 'traffic.json', '--history', ...reports, '--link', '94.4mbit');
  expect(exit).toBe(0);
  expect(out).toContain('Earlier campaigns, each predicted from those before it');
  expect(out).toContain('of day 5');
  expect(out).not.toContain('rates are assumed');
});

test('a file that is no report is refused by name', async () => {
  await matrixFile(home, someTraffic(...twoShops));
  await writeFile(join(home, 'report.json'), '{"campaign": 7}');
  const { exit, err } = await analyzed(home, 'traffic.json', '--history', 'report.json');
  expect([exit, err]).toEqual([2, expect.stringContaining('report.json is no report: campaign')]);
});

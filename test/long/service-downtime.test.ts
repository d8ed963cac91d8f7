import { beforeAll, expect, test } from 'vitest';
import { parseHistory } from '../../sender/ordering/input/history-file.ts';
import { backtest } from '../../sender/ordering/prediction/backtest.ts';
import { assumedSite } from '../../sender/ordering/prediction/model.ts';
import { downtimeOf, type Race, raceOf, saysOfRace, tableOfRace } from '../support/race.ts';
import { chosenSeed } from '../support/seed.ts';
import { ways } from '../support/two-services.ts';

const seed = chosenSeed(1);
const draws = 8;

/**
 * By how much a busy machine may blur a part that is measured; `npm run bench:downtime` prints them
 * for an idle one.
 */
const blur = 0.25;

let races: Race[];
beforeAll(async () => {
  console.info(`GODWIT_SEED=${seed}, ${draws} random orders in each mode`);
  // Daemons and clouds wait for the most part: three pairs of them do not disturb each other.
  races = await Promise.all(ways.map((way) => raceOf(way, draws, seed, 0.5)));
  for (const race of races) console.info([saysOfRace(race), ...tableOfRace(race)].join('\n'));
}, 900_000);

test('the proposed order is the best there is in each mode, and whole daemons measure what the model of the order says', () => {
  for (const { way, measured, inServers, modelled, possible, isBest } of races) {
    expect(isBest).toBe(true);
    expect(possible).toBeGreaterThan(0.3);
    expect(Math.abs((1 - inServers) / (1 - modelled) - 1), way.name).toBeLessThan(blur);
    expect(measured, way.name).toBeGreaterThan(possible - blur);
    if (possible >= 0.6) expect(inServers).toBeGreaterThan(0.6 - blur);
  }
});

test('one after the other no order of two services of three can be much more than a third better, and it is said', () => {
  const [sequential] = races;
  expect(sequential?.possible).toBeGreaterThan(0.3);
  expect(sequential?.possible).toBeLessThan(0.4);
  // A little more than a third: between two stops, while all run, the next server is prepared.
  expect(sequential && saysOfRace(sequential)).toMatch(/no order can be more than 3\d\.\d % better/);
});

test('order and mode together are more than half better than random orders one after the other', () => {
  const [sequential, atOnce] = races;
  expect(downtimeOf(atOnce?.proposed ?? [])).toBeLessThan(0.5 * downtimeOf(sequential?.random ?? []));
});

test.each(ways.map(({ name }, index) => [name, index] as const))(
  'from two campaigns on, it is known how long the next one and its servers take: %s',
  (_, index) => {
    const reports = [...(races[index]?.proposed ?? []), ...(races[index]?.random ?? [])].map(({ report }) => report);
    const past = backtest(parseHistory(reports.map((value) => ({ file: 'report.json', value }))), assumedSite).slice(2);
    console.info(past.map(({ length, downtime }) => `${length.error.toFixed(2)} ${downtime.error.toFixed(2)}`).join(', '));
    expect(past).toHaveLength(draws + 1);
    for (const what of ['length', 'downtime'] as const) {
      const off = past.map((campaign) => Math.abs(campaign[what].error)).sort((a, b) => a - b);
      // Less than 0.25, and nine of ten, on a machine that does nothing else.
      expect(off[Math.floor(off.length / 2)]).toBeLessThan(2 * blur);
      expect(past.filter((campaign) => campaign[what].inRange).length).toBeGreaterThan(past.length / 3);
    }
  },
);

import { afterAll, beforeAll, expect, test } from 'vitest';
import { campaignWith, type Place, placesIn, spoilEach, type Told } from '../chaos/answers/at-calls.ts';
import { forget, measure, type Yardstick } from '../chaos/power-cut/worlds.ts';
import { Dice } from '../support/dice.ts';
import { chosenSeed } from '../support/seed.ts';
import { ways } from '../support/spoiling-proxy.ts';

/** The most campaigns, and after how long no more are begun: milliseconds. */
const most = 48;
const enoughMs = 100_000;

let yardstick: Yardstick;
beforeAll(async () => {
  yardstick = await measure();
}, 120_000);
afterAll(() => forget(yardstick));

/** Places in an order that follows from a seed: every way in turn, and writes as often as reads. */
function sampled(calls: Parameters<typeof placesIn>[0], seed: number): Place[] {
  const dice = new Dice(seed);
  const all = placesIn(calls);
  const writes = all.filter(({ side, at }) => !calls[side][at]?.startsWith('GET'));
  return Array.from({ length: most }, (_, index) => {
    const how = ways[index % ways.length];
    const among = (index % 2 === 0 ? writes : all).filter((place) => place.how === how);
    return dice.of(among);
  });
}

test('whatever becomes of one answer of a cloud, a campaign ends with each thing once, and leaves nothing when it is taken back', async () => {
  const seed = chosenSeed();
  console.info(`spoilt answers: GODWIT_SEED=${seed}`);
  const { calls, told } = await campaignWith(yardstick, null, 'plain');
  expect(told.flaws).toEqual([]);
  const began = performance.now();
  const results: Told[] = [];
  await spoilEach(yardstick, sampled(calls, seed), 6, (result) => {
    results.push(result);
    return performance.now() - began > enoughMs ? 'over' : undefined;
  });
  expect(results.filter(({ flaws }) => flaws.length > 0)).toEqual([]);
  expect(results.length).toBeGreaterThanOrEqual(6);
}, 400_000);

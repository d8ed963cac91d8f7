import { afterAll, beforeAll, expect, test } from 'vitest';
import { atEveryRecord, flawsAfterMigration, forget, measure, migrateOverCut, type Yardstick } from './worlds.ts';

let yardstick: Yardstick;
beforeAll(async () => {
  yardstick = await measure();
}, 60_000);
afterAll(() => forget(yardstick));

test('a receiver that dies before any record of its ledger builds nothing twice, and both clouds end as without the cut', async () => {
  const { records, wrong } = await atEveryRecord(yardstick, async (world, record) => {
    const { wasCut, sender, ready } = await migrateOverCut(world, record);
    await ready;
    await sender.stop();
    return { wasCut, flaws: await flawsAfterMigration(world, yardstick) };
  });
  expect(wrong).toEqual([]);
  expect(records).toBeGreaterThan(30);
}, 1_200_000);

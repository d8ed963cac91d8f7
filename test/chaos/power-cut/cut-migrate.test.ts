import { afterAll, beforeAll, expect, test } from 'vitest';
import { atEveryRecord, flawsAfterMigration, forget, goOn, measure, migrateUntilCut, type Yardstick } from './worlds.ts';

let yardstick: Yardstick;
beforeAll(async () => {
  yardstick = await measure();
}, 60_000);
afterAll(() => forget(yardstick));

test('a sender that dies before any record of its journal goes on where it was, and both clouds end as without the cut', async () => {
  const { records, wrong } = await atEveryRecord(yardstick, async (world, record) => {
    const wasCut = await migrateUntilCut(world, record);
    await goOn(await world.startSender());
    return { wasCut, flaws: await flawsAfterMigration(world, yardstick) };
  });
  expect(wrong).toEqual([]);
  expect(records).toBeGreaterThan(40);
}, 1_200_000);

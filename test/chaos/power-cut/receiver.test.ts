import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginMigration, untilState } from '../../support/in-process.ts';
import { atEveryRecord, cutOrThrough, flawsAfterMigration, forget, measure, type Yardstick } from './worlds.ts';

let yardstick: Yardstick;
beforeAll(async () => {
  yardstick = await measure();
}, 60_000);
afterAll(() => forget(yardstick));

test('a receiver that dies before any record of its ledger builds nothing twice, and both clouds end as without the cut', async () => {
  const { records, wrong } = await atEveryRecord(yardstick, async (world, record) => {
    const power = world.startReceiver(record);
    const sender = await world.startSender();
    const ready = beginMigration(sender).then(() => untilState(sender, 'ready'));
    const wasCut = await cutOrThrough(power, ready);
    await world.killReceiver();
    world.startReceiver();
    await ready;
    await sender.stop();
    return { wasCut, flaws: await flawsAfterMigration(world, yardstick) };
  });
  expect(wrong).toEqual([]);
  expect(records).toBeGreaterThan(30);
}, 1_200_000);

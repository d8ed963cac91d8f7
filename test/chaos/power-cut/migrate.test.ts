import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginMigration, untilState } from '../../support/in-process.ts';
import { atEveryRecord, cutOrThrough, flawsAfterMigration, forget, measure, type Yardstick } from './worlds.ts';

let yardstick: Yardstick;
beforeAll(async () => {
  yardstick = await measure();
}, 60_000);
afterAll(() => forget(yardstick));

test('a sender that dies before any record of its journal goes on where it was, and both clouds end as without the cut', async () => {
  const { records, wrong } = await atEveryRecord(yardstick, async (world, record) => {
    world.startReceiver();
    const first = await world.startSender(record);
    const wasCut = await cutOrThrough(
      first.power,
      beginMigration(first).then(() => untilState(first, 'ready')),
    );
    await first.kill();
    const second = await world.startSender();
    // A campaign without its first record does not exist: its operator never had an answer, and asks again.
    if ((await second.desk.status()).campaigns.length === 0) await beginMigration(second);
    await untilState(second, 'ready');
    await second.stop();
    return { wasCut, flaws: await flawsAfterMigration(world, yardstick) };
  });
  expect(wrong).toEqual([]);
  expect(records).toBeGreaterThan(40);
}, 1_200_000);

import { afterAll, beforeAll, expect, test } from 'vitest';
import { untilState } from '../../support/in-process.ts';
import { censusOf } from '../../support/shop.ts';
import {
  atEveryRecord,
  cutOrThrough,
  differing,
  flawsAfterMigration,
  flawsAfterRollback,
  forget,
  measure,
  migrateOverCut,
  migrateUntilCut,
  rollBackAny,
  whenReady,
  type Yardstick,
} from './worlds.ts';

let yardstick: Yardstick;
beforeAll(async () => {
  yardstick = await measure();
}, 60_000);
afterAll(() => forget(yardstick));

test('a campaign that was cut before any record of its journal is rolled back to how both clouds were before', async () => {
  const { wrong } = await atEveryRecord(yardstick, async (world, record) => {
    const wasCut = await migrateUntilCut(world, record);
    await rollBackAny(await world.startSender());
    return { wasCut, flaws: await flawsAfterRollback(world, yardstick) };
  });
  expect(wrong).toEqual([]);
}, 1_200_000);

test('a campaign whose receiver died before any record of its ledger is rolled back to how both clouds were before', async () => {
  const { records, wrong } = await atEveryRecord(yardstick, async (world, record) => {
    const { wasCut, sender } = await migrateOverCut(world, record);
    await rollBackAny(sender);
    return { wasCut, flaws: await flawsAfterRollback(world, yardstick) };
  });
  expect(wrong).toEqual([]);
  expect(records).toBeGreaterThan(30);
}, 1_200_000);

test('a rollback that is cut before any of its records goes on to the end', async () => {
  const { records, wrong } = await atEveryRecord(await whenReady(yardstick), async (world, record) => {
    world.startReceiver();
    const first = await world.startSender(record);
    const id = await untilState(first, 'ready');
    const wasCut = await cutOrThrough(
      first.power,
      first.daemon.rollback({ campaign: id }).then(() => untilState(first, 'rolled back')),
    );
    await first.kill();
    const second = await world.startSender();
    // Without the first record the wish was never heard.
    if (record === 1) await second.daemon.rollback({ campaign: id });
    await untilState(second, 'rolled back');
    await second.stop();
    return { wasCut, flaws: await flawsAfterRollback(world, yardstick) };
  });
  expect(wrong).toEqual([]);
  expect(records).toBeGreaterThan(15);
}, 1_200_000);

test('a commit that is cut before any of its records goes on to the end: our snapshots are gone, the servers tagged, locked and there', async () => {
  const { records, wrong } = await atEveryRecord(await whenReady(yardstick), async (world, record) => {
    world.startReceiver();
    const first = await world.startSender(record);
    const id = await untilState(first, 'ready');
    const flaws = await flawsAfterMigration(world, yardstick);
    const committed = first.daemon.commit({ campaign: id, deleteSource: false }).then(() => untilState(first, 'committed'));
    const wasCut = await cutOrThrough(first.power, committed);
    await first.kill();
    const second = await world.startSender();
    if (record === 1) await second.daemon.commit({ campaign: id, deleteSource: false });
    await untilState(second, 'committed');
    await second.stop();
    const source = await censusOf(world.source);
    return {
      wasCut,
      flaws: [
        ...flaws,
        ...differing('source images', source.ids['images'], yardstick.source.ids['images']),
        ...differing('source servers', source.ids['servers'], yardstick.source.ids['servers']),
        ...differing('source tags', source.tags, [['godwit-moved'], ['godwit-moved']]),
        ...differing('destination', (await censusOf(world.destination)).statuses, ['ACTIVE', 'ACTIVE']),
      ],
    };
  });
  expect(wrong).toEqual([]);
  expect(records).toBeGreaterThan(4);
}, 1_200_000);

import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginMigration, untilState } from '../../support/in-process.ts';
import { warm } from '../../support/warm.ts';
import {
  atEveryRecord,
  cutOrThrough,
  flawsAfterMigration,
  flawsAfterRollback,
  forget,
  measure,
  type Yardstick,
} from './worlds.ts';

let yardstick: Yardstick;
beforeAll(async () => {
  yardstick = await measure();
}, 60_000);
afterAll(() => forget(yardstick));

test('a sender that dies before any record of a warm move goes on where it was, and leaves no snapshot of any round', async () => {
  const { records, wrong } = await atEveryRecord(yardstick, async (world, record) => {
    world.startReceiver();
    const first = await world.startSender(record);
    const wasCut = await cutOrThrough(
      first.power,
      beginMigration(first, warm()).then(() => untilState(first, 'ready')),
    );
    await first.kill();
    const second = await world.startSender();
    if ((await second.desk.status()).campaigns.length === 0) await beginMigration(second, warm());
    await untilState(second, 'ready');
    await second.stop();
    return { wasCut, flaws: await flawsAfterMigration(world, yardstick) };
  });
  expect(wrong).toEqual([]);
  expect(records).toBeGreaterThan(50);
}, 600_000);

test('a warm campaign that was cut before any record of its journal is rolled back to how both clouds were before', async () => {
  const { wrong } = await atEveryRecord(yardstick, async (world, record) => {
    world.startReceiver();
    const first = await world.startSender(record);
    const wasCut = await cutOrThrough(
      first.power,
      beginMigration(first, warm()).then(() => untilState(first, 'ready')),
    );
    await first.kill();
    const second = await world.startSender();
    const [campaign] = (await second.desk.status()).campaigns;
    if (campaign !== undefined) {
      await second.desk.rollback(campaign.id);
      await untilState(second, 'rolled back');
    }
    await second.stop();
    return { wasCut, flaws: await flawsAfterRollback(world, yardstick) };
  });
  expect(wrong).toEqual([]);
}, 600_000);

test('a warm campaign that is paused, or whose sender dies while it is, leaves no snapshot of a round, and its servers run', async () => {
  const { wrong } = await atEveryRecord(yardstick, async (world, record) => {
    world.startReceiver();
    const first = await world.startSender(record);
    const waits = beginMigration(first, warm('manual')).then(async (id) => {
      for (;;) {
        const [campaign] = (await first.desk.status()).campaigns;
        if (campaign?.moves.every(({ warm: move }) => move?.waits)) break;
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
      await first.desk.pause(id);
      await untilState(first, 'paused');
    });
    const wasCut = await cutOrThrough(first.power, waits);
    await first.kill();
    const second = await world.startSender();
    const [campaign] = (await second.desk.status()).campaigns;
    if (campaign !== undefined) {
      if (campaign.state !== 'paused') await second.desk.pause(campaign.id).catch(() => undefined);
      await untilState(second, 'paused');
    }
    const flaws = (await world.source.user.list<{ id: string }>('image', '/images', 'images'))
      .filter(({ id }) => !yardstick.source.ids['images']?.includes(id))
      .map(({ id }) => `snapshot ${id} is left`);
    if (campaign !== undefined) {
      await second.desk.rollback(campaign.id);
      await untilState(second, 'rolled back');
    }
    await second.stop();
    return { wasCut, flaws: [...flaws, ...(await flawsAfterRollback(world, yardstick))] };
  });
  expect(wrong).toEqual([]);
}, 600_000);

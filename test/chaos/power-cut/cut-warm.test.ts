import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginMigration, untilState } from '../../support/in-process.ts';
import { warm } from '../../support/warm.ts';
import {
  atEveryRecord,
  cutOrThrough,
  flawsAfterMigration,
  flawsAfterRollback,
  forget,
  goOn,
  inWorld,
  measure,
  migrateUntilCut,
  rollBackAny,
  type Yardstick,
} from './worlds.ts';

let yardstick: Yardstick;
beforeAll(async () => {
  yardstick = await measure();
}, 60_000);
afterAll(() => forget(yardstick));

test('a sender that dies before any record of a warm move goes on where it was, and leaves no snapshot of any round', async () => {
  const { records, wrong } = await atEveryRecord(yardstick, async (world, record) => {
    const wasCut = await migrateUntilCut(world, record, warm());
    await goOn(await world.startSender(), warm());
    return { wasCut, flaws: await flawsAfterMigration(world, yardstick) };
  });
  expect(wrong).toEqual([]);
  expect(records).toBeGreaterThan(50);
}, 1_200_000);

test('a warm campaign that was cut before any record of its journal is rolled back to how both clouds were before', async () => {
  const { wrong } = await atEveryRecord(yardstick, async (world, record) => {
    const wasCut = await migrateUntilCut(world, record, warm());
    await rollBackAny(await world.startSender());
    return { wasCut, flaws: await flawsAfterRollback(world, yardstick) };
  });
  expect(wrong).toEqual([]);
}, 1_200_000);

test('a warm campaign that is paused, or whose sender dies while it is, leaves no snapshot of a round, and its servers run', async () => {
  const { wrong } = await atEveryRecord(yardstick, async (world, record) => {
    world.startReceiver();
    const first = await world.startSender(record);
    const waits = beginMigration(first, warm('manual')).then(async (id) => {
      for (;;) {
        const [campaign] = (await first.daemon.status()).campaigns;
        if (campaign?.moves.every(({ warm: move }) => move?.waits)) break;
        await sleep(15);
      }
      await first.daemon.pause({ campaign: id });
      await untilState(first, 'paused');
    });
    const wasCut = await cutOrThrough(first.power, waits);
    await first.kill();
    const second = await world.startSender();
    const [campaign] = (await second.daemon.status()).campaigns;
    if (campaign !== undefined) {
      if (campaign.state !== 'paused') await second.daemon.pause({ campaign: campaign.id }).catch(() => undefined);
      await untilState(second, 'paused');
    }
    const flaws = (await world.source.user.list<{ id: string }>('image', '/images', 'images'))
      .filter(({ id }) => !yardstick.source.ids['images']?.includes(id))
      .map(({ id }) => `snapshot ${id} is left`);
    await rollBackAny(second);
    return { wasCut, flaws: [...flaws, ...(await flawsAfterRollback(world, yardstick))] };
  });
  expect(wrong).toEqual([]);
}, 1_200_000);

/** Requests of a round at the source: its snapshot, the reading of it, its release. */
const moments = [
  ['a snapshot or a stop is asked for', (method: string, path: string) => method === 'POST' && path.endsWith('/action')],
  ['a snapshot is read', (method: string, path: string) => method === 'GET' && path.endsWith('/file')],
  ['a snapshot is released', (method: string, path: string) => method === 'DELETE' && path.includes('/images/')],
] as const;
const kills = moments.flatMap(([when, is]) => [1, 2, 3, 4].map((count) => [when, count, is] as const));

test.each(kills)(
  'a sender that is killed when %s, time %i, goes on, and is taken back without a trace',
  async (when, count, is) => {
    const flaws = await inWorld(yardstick.dir, `kill-${when.replaceAll(' ', '-')}-${count}`, async (world) => {
      world.startReceiver();
      const first = await world.startSender();
      const { requests } = world.source.twin;
      const before = requests.length;
      await beginMigration(first, warm());
      while (requests.slice(before).filter(({ method, path }) => is(method, path)).length < count)
        await new Promise(setImmediate);
      await first.kill();
      const second = await world.startSender();
      const id = await untilState(second, 'ready');
      const after = await flawsAfterMigration(world, yardstick);
      await second.daemon.rollback({ campaign: id });
      await untilState(second, 'rolled back');
      await second.stop();
      return [...after, ...(await flawsAfterRollback(world, yardstick))];
    });
    expect(flaws).toEqual([]);
  },
  60_000,
);

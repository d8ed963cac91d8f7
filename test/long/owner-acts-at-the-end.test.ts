import { afterAll, beforeAll, expect, test } from 'vitest';
import { untilState } from '../support/in-process.ts';
import {
  type Act,
  broken,
  deleted,
  doneAt,
  firstAt,
  locked,
  rebuilt,
  resized,
  shelved,
  started,
  statusAt,
} from '../support/owner-acts.ts';
import { failedOne, ShopTemplate, serversAt, untilFact } from '../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

/** What an owner does to a source server that has moved, and how it is left. */
// biome-ignore format: a table is read by row
const acts: readonly (readonly [act: Act, left: string])[] = [
  [started, 'ACTIVE'],
  [rebuilt, 'SHUTOFF'],
  [resized, 'VERIFY_RESIZE'],
  [shelved, 'SHELVED_OFFLOADED'],
  [broken, 'ERROR'],
  [locked, 'SHUTOFF'],
];

test.each(acts.map(([act, left]) => ({ act, left })))(
  'a source server that is $act.what before a commit is not deleted, and the others are',
  async ({ act, left }) => {
    const { world, sender, campaign } = await template.ready();
    await doneAt(world.source, act, await firstAt(world.source));
    await sender.daemon.commit({ campaign, deleteSource: true });
    await failedOne(sender);
    await expect.poll(() => statusAt(world.source, '-web/é'), { timeout: 20_000 }).toBe(null);
    expect(await statusAt(world.source, 'web 1')).toBe(left);
    await sender.daemon.commit({ campaign, deleteSource: true, keep: ['web 1'] });
    await untilState(sender, 'committed');
    expect(await statusAt(world.source, 'web 1')).toBe(left);
  },
);

test.each(acts.map(([act, left]) => ({ act, left })))(
  'a source server that is $act.what while a commit is under way is not deleted, and the others are',
  async ({ act, left }) => {
    const { world, sender, campaign } = await template.ready();
    world.destination.twin.faults.set([
      { do: 'delay', ms: 4_000, match: { service: 'network', method: 'DELETE', path: '/tags/' }, times: 1 },
    ]);
    await sender.daemon.commit({ campaign, deleteSource: true });
    await untilFact(sender, campaign, ({ fact, phase }) => fact === 'begun' && phase === 'commit at receiver');
    await doneAt(world.source, act, await firstAt(world.source));
    await failedOne(sender);
    await expect.poll(() => statusAt(world.source, '-web/é'), { timeout: 20_000 }).toBe(null);
    expect(await statusAt(world.source, 'web 1')).toBe(left);
  },
);

test('a source server that is gone before a commit is none that it deletes', async () => {
  const { world, sender, campaign } = await template.ready();
  await doneAt(world.source, deleted, await firstAt(world.source));
  await sender.daemon.commit({ campaign, deleteSource: true });
  await untilState(sender, 'committed');
  await expect.poll(() => serversAt(world.source), { timeout: 20_000 }).toEqual([]);
});

/** What makes the new server perhaps the only copy, and what is said of it. */
// biome-ignore format: a table is read by row
const lost: readonly (readonly [act: Act, says: RegExp])[] = [
  [deleted, /is gone at the source/],
  [rebuilt, /was rebuilt or evacuated at the source/],
  [resized, /is VERIFY_RESIZE at the source/],
  [shelved, /is SHELVED_OFFLOADED at the source/],
  [broken, /is ERROR at the source/],
  [locked, /is locked at the source/],
];

test.each(lost.map(([act, says]) => ({ act, says })))(
  'a server whose source is $act.what stays at the destination in a rollback, and the others return',
  async ({ act, says }) => {
    const { world, sender, campaign } = await template.ready();
    await doneAt(world.source, act, await firstAt(world.source));
    await sender.daemon.rollback({ campaign });
    const { problem } = await failedOne(sender);
    expect(problem?.says).toMatch(says);
    expect((await serversAt(world.destination)).map(({ name, status }) => [name, status])).toEqual([['web 1', 'ACTIVE']]);
    expect(await statusAt(world.source, '-web/é')).toBe('ACTIVE');
  },
);

test('a source server that vanishes while its floating IP is taken from the new one leaves the new one where it is', async () => {
  const { world, sender, campaign } = await template.ready();
  world.destination.twin.faults.set([
    { do: 'delay', ms: 4_000, match: { service: 'network', method: 'DELETE', path: '/floatingips/' }, times: 1 },
  ]);
  const { id } = await firstAt(world.source);
  await sender.daemon.rollback({ campaign });
  await untilFact(sender, campaign, ({ fact, server }) => fact === 'turned back' && server === id);
  await doneAt(world.source, deleted, await firstAt(world.source));
  const { problem } = await failedOne(sender);
  expect(problem?.says).toMatch(/web 1 is gone at the source/);
  expect((await serversAt(world.destination)).map(({ name }) => name)).toEqual(['web 1']);
});

test('a server that its owner starts at the source before a rollback returns as it is', async () => {
  const { world, sender, campaign } = await template.ready();
  await doneAt(world.source, started, await firstAt(world.source));
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
  expect(await serversAt(world.destination)).toEqual([]);
});

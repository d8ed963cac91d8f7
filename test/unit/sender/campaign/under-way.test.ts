import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginMigration, untilState } from '../../../support/in-process.ts';
import { addQuorum, addSharedType } from '../../../support/shared-volume.ts';
import { adminOf, failedOne, restarted, ShopTemplate, serversAt, untilFact } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make(['b', 'a'], (source, state) => addQuorum(source, state, ['a', 'b']));
}, 120_000);
afterAll(() => template.remove());

const stopOf = (id: string) => ({ service: 'compute', method: 'POST', path: `/servers/${id}/action`, body: 'os-stop' }) as const;

test('a stop that is under way when another server of the group fails leaves no server stopped', async () => {
  const { world, sender } = await template.world();
  await addSharedType(world.destination);
  const [b, a] = await serversAt(world.source);
  world.source.twin.faults.set([
    { do: 'delay', ms: 3_000, match: stopOf(b?.id ?? '') },
    { do: 'status', status: 403, match: stopOf(a?.id ?? '') },
  ]);
  await beginMigration(sender);
  await failedOne(sender);
  // The stop would land by now.
  await sleep(4_000);
  expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
});

test('no server of a group is started while a volume that they share is snapshotted, and no snapshot stays', async () => {
  const { world, sender } = await template.world();
  await addSharedType(world.destination);
  world.source.twin.faults.set([
    { do: 'delay', ms: 3_000, match: { service: 'volume', method: 'POST', path: '/snapshots$' } },
    { do: 'status', status: 404, match: { service: 'image', method: 'GET', path: '/file$' } },
  ]);
  await beginMigration(sender);
  await failedOne(sender);
  await sleep(4_000);
  const admin = await adminOf(world.source);
  expect(await admin.list('volumev3', '/snapshots/detail', 'snapshots')).toEqual([]);
  expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
});

test('a stop that is under way at a cancel leaves no server stopped', async () => {
  const { world, sender } = await template.world();
  await addSharedType(world.destination);
  const [b, a] = await serversAt(world.source);
  world.source.twin.faults.set([b, a].map((one) => ({ do: 'delay', ms: 3_000, match: stopOf(one?.id ?? '') }) as const));
  const campaign = await beginMigration(sender);
  await untilFact(sender, campaign, (one) => one['fact'] === 'stop asked');
  await sender.daemon.cancel({ campaign });
  await untilState(sender, 'paused');
  await sleep(4_000);
  expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
});

test('a server of a group that is gone at the source keeps no other one stopped before anything is created', async () => {
  const { world, sender } = await template.world();
  await addSharedType(world.destination);
  const [, a] = await serversAt(world.source);
  world.source.twin.faults.set([{ do: 'delay', ms: 3_000, match: { service: 'image', method: 'GET', path: '/file$' } }]);
  const campaign = await beginMigration(sender);
  await untilFact(sender, campaign, (one) => one['fact'] === 'begun' && one['phase'] === 'copy');
  const again = await restarted({ world, sender }, async () => {
    await world.source.user.send('DELETE', 'compute', `/servers/${a?.id}`);
    world.source.twin.faults.clear();
  });
  const { moves } = await failedOne(again);
  expect(moves.find(({ name }) => name === 'a')?.problem?.says).toContain('is gone at the source');
  expect((await serversAt(world.source)).map(({ name, status }) => [name, status])).toEqual([['b', 'ACTIVE']]);
  await again.daemon.rollback({ campaign, giveUp: ['a'] });
  await untilState(again, 'rolled back');
  expect(await serversAt(world.destination)).toEqual([]);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginMigration, type SenderLife, untilState, type World } from '../../../support/in-process.ts';
import { failedOne, ShopTemplate, serversAt, untilFact } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

const aNetwork = { service: 'network', method: 'POST', path: '/networks$' } as const;

/**
 * What was done so far to servers: facts of the journal, and actions that the source has recorded.
 */
async function doneToServers({ source }: World, { daemon }: SenderLife, campaign: string): Promise<unknown[]> {
  const facts = (await daemon.log({ campaign })) as { server?: string | null }[];
  const servers = await serversAt(source);
  const actions = servers.map(({ id }) =>
    source.user.list<{ action: string }>('compute', `/servers/${id}/os-instance-actions`, 'instanceActions'),
  );
  const done = (await Promise.all(actions)).flat().filter(({ action }) => action !== 'create');
  const changed = servers.filter(({ status }) => status !== 'ACTIVE');
  return [...facts.filter(({ server }) => typeof server === 'string'), ...done, ...changed];
}

test('no server is touched before the network side stands', async () => {
  const { world, sender } = await template.world();
  world.destination.twin.faults.set([{ do: 'delay', ms: 4_000, match: aNetwork, times: 1 }]);
  const campaign = await beginMigration(sender);
  await untilFact(sender, campaign, ({ fact, phase }) => fact === 'begun' && phase === 'configure');
  await sleep(1_500);
  expect(await doneToServers(world, sender, campaign)).toEqual([]);
  await untilState(sender, 'ready');
  const facts = (await sender.daemon.log({ campaign })) as { fact: string; phase?: string; server?: string | null }[];
  const configured = facts.findIndex(({ fact, phase }) => fact === 'done' && phase === 'configure');
  expect(facts.findIndex(({ server }) => typeof server === 'string')).toBeGreaterThan(configured);
});

test('a network side that cannot be built ends the campaign with every server as it was', async () => {
  const { world, sender } = await template.world();
  world.destination.twin.faults.set([{ do: 'status', status: 403, match: aNetwork }]);
  const campaign = await beginMigration(sender);
  expect((await failedOne(sender)).problem).toMatchObject({ code: 'E_FORBIDDEN' });
  expect(await doneToServers(world, sender, campaign)).toEqual([]);
  world.destination.twin.faults.clear();
  await sender.daemon.resume({ campaign });
  await untilState(sender, 'ready');
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { untilState } from '../../../support/in-process.ts';
import { inOrder } from '../../../support/owner-acts.ts';
import { failedOne, ShopTemplate, serversAt, untilServers } from '../../../support/shop-world.ts';
import type { StateFault } from '../../../twin/faults.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

/** The plan with little patience. */
function hasty(text: string): string {
  return text.replace(/(stop|build)_timeout_seconds: \d+/g, '$1_timeout_seconds: 2');
}

/** The host of the first server is down. */
const down: StateFault = { do: 'host-down', name: '^web 1$' };

test('a server whose host is down, which nobody tells, stays where it is; the others arrive, and it follows once the host is back', async () => {
  const { world, sender } = await template.world();
  world.source.twin.faults.set([down]);
  const { plan } = await sender.daemon.plan({ project: undefined, servers: [] });
  const { campaign } = await sender.daemon.migrate({ plan: hasty(plan), file: 'plan.yaml', options: {} });
  const failed = await failedOne(sender);
  expect(Object.fromEntries(failed.moves.map(({ name, state }) => [name, state]))).toEqual({
    '-web/é': 'moved',
    'web 1': 'failed',
  });
  expect(failed.problem).toMatchObject({ code: 'E_CLOUD_TIMEOUT', says: expect.stringContaining('did not come about') });
  expect((await serversAt(world.destination)).map(({ name }) => name)).toEqual(['-web/é']);
  // What was asked of it has waited in its queue.
  world.source.twin.faults.clear();
  await expect.poll(async () => (await serversAt(world.source))[0]?.status).toBe('SHUTOFF');
  await sender.daemon.resume({ campaign });
  await untilState(sender, 'ready');
  expect((await serversAt(world.destination)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
});

test('a server whose host is down is not told to stop where the cloud tells that, and the others arrive', async () => {
  const { world, sender } = await template.world('admin');
  world.source.twin.faults.set([down]);
  const { plan } = await sender.daemon.plan({ project: undefined, servers: [] });
  await sender.daemon.migrate({ plan: inOrder(plan), file: 'plan.yaml', options: {} });
  const failed = await failedOne(sender);
  expect(failed.problem).toMatchObject({
    code: 'E_SERVER_STATE',
    says: expect.stringContaining('The host of server web 1 is down'),
  });
  expect((await serversAt(world.destination)).map(({ name }) => name)).toEqual(['-web/é']);
  await untilServers(world.source, [
    ['web 1', 'ACTIVE', false],
    ['-web/é', 'SHUTOFF', false],
  ]);
  const [web] = await world.source.user.list<Record<string, unknown>>('compute', '/servers/detail?name=web%201', 'servers');
  expect(web?.['OS-EXT-STS:task_state']).toBeNull();
});

test('a rollback removes no server whose source cannot be started for its host is down, and does once it is up', async () => {
  const { world, sender, campaign } = await template.started(undefined, 'admin');
  await untilState(sender, 'ready');
  world.source.twin.faults.set([down]);
  await sender.daemon.rollback({ campaign });
  expect((await failedOne(sender)).problem?.says).toContain('web 1 cannot be started at the source, for its host is down');
  expect((await serversAt(world.destination)).map(({ name, status }) => [name, status])).toEqual([['web 1', 'ACTIVE']]);
  world.source.twin.faults.clear();
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
});

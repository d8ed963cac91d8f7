import { afterAll, beforeAll, expect, test } from 'vitest';
import { untilState } from '../../../support/in-process.ts';
import { OpenStackUser } from '../../../support/openstack-user.ts';
import { failedOne, ShopTemplate, serversAt } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

/** The plan with little patience. */
function hasty(text: string): string {
  return text.replace(/(stop|build)_timeout_seconds: \d+/g, '$1_timeout_seconds: 2');
}

test('a server whose host is down stays where it is, the others arrive, and it follows once the host is back', async () => {
  const { world, sender } = await template.world();
  world.source.twin.faults.set([{ do: 'host-down', name: 'web 1' }]);
  const { plan } = await sender.daemon.plan({ project: undefined, servers: [] });
  const { campaign } = await sender.daemon.migrate({ plan: hasty(plan), file: 'plan.yaml', options: {} });
  const failed = await failedOne(sender);
  expect(failed.moves.map(({ name, state }) => [name, state]).sort()).toEqual([
    ['-web/é', 'moved'],
    ['web 1', 'failed'],
  ]);
  expect(failed.problem).toMatchObject({ code: 'E_CLOUD_TIMEOUT', says: expect.stringContaining('did not come about') });
  expect((await serversAt(world.destination)).map(({ name }) => name)).toEqual(['-web/é']);
  // nova-compute drops the task when it starts again.
  world.source.twin.faults.clear();
  const [web] = await serversAt(world.source);
  expect(web?.status).toBe('ACTIVE');
  const { authUrl } = world.source.twin;
  const admin = await OpenStackUser.signIn({ authUrl, user: 'admin', password: 'twin', project: 'admin' });
  await admin.send('POST', 'compute', `/servers/${web?.id}/action`, { 'os-resetState': { state: 'active' } });
  await sender.daemon.resume({ campaign });
  await untilState(sender, 'ready');
  expect((await serversAt(world.destination)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
});

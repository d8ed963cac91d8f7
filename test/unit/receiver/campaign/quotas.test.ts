import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginMigration, type Cloud, untilState } from '../../../support/in-process.ts';
import type { OpenStackUser } from '../../../support/openstack-user.ts';
import { adminOf, ShopTemplate } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make(['web-1']);
});
afterAll(() => template.remove());

async function projectOf(cloud: Cloud): Promise<{ readonly admin: OpenStackUser; readonly id: string }> {
  const [network] = await cloud.user.list<{ project_id: string }>('network', '/security-groups', 'security_groups');
  return { admin: await adminOf(cloud), id: network?.project_id ?? '' };
}

async function coresOf(cloud: Cloud, set?: number): Promise<number> {
  const { admin, id } = await projectOf(cloud);
  const path = `/os-quota-sets/${id}`;
  if (set !== undefined) await admin.send('PUT', 'compute', path, { quota_set: { cores: set } });
  return (await admin.send<{ quota_set: { cores: number } }>('GET', 'compute', path)).quota_set.cores;
}

test('quotas of the destination that are lower are told, and stay so unless the plan carries them', async () => {
  const { world, sender } = await template.world();
  await coresOf(world.source, 77);
  await coresOf(world.destination, 11);
  const { concerns } = await sender.daemon.plan({ servers: [] });
  expect(concerns.find(({ code }) => code === 'quota_set.lower')?.says).toContain('cores 11 (source: 77)');
  await beginMigration(sender);
  await untilState(sender, 'ready');
  expect(await coresOf(world.destination)).toBe(11);
});

test('quotas that the plan carries are raised, and put back by the rollback', async () => {
  const { world, sender } = await template.world();
  await coresOf(world.source, 77);
  await coresOf(world.destination, 11);
  const campaign = await beginMigration(sender, (plan) => plan.replace(/^ {2}quotas: keep$/m, '  quotas: carry'));
  await untilState(sender, 'ready');
  expect(await coresOf(world.destination)).toBe(77);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await coresOf(world.destination)).toBe(11);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginMigration, type Cloud, untilState } from '../../../support/in-process.ts';
import { adminOf, ShopTemplate } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make(['web-1']);
});
afterAll(() => template.remove());

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly qos_policy_id?: string | null;
}

/** Gives the port of the shop's server, and its floating IP, a policy that limits them. */
async function limited(cloud: Cloud): Promise<string> {
  const admin = await adminOf(cloud);
  const { policy } = await admin.send<{ policy: Listed }>('POST', 'network', '/qos/policies', { policy: { name: 'slow' } });
  const bandwidth_limit_rule = { max_kbps: 3000 };
  await admin.send('POST', 'network', `/qos/policies/${policy.id}/bandwidth_limit_rules`, { bandwidth_limit_rule });
  const [port] = await cloud.user.list<Listed>('network', '/ports?fixed_ips=ip_address%3D10.20.0.10', 'ports');
  await cloud.user.send('PUT', 'network', `/ports/${port?.id}`, { port: { qos_policy_id: policy.id } });
  const [ip] = await cloud.user.list<Listed>('network', '/floatingips', 'floatingips');
  await cloud.user.send('PUT', 'network', `/floatingips/${ip?.id}`, {
    floatingip: { qos_policy_id: policy.id, port_id: port?.id },
  });
  return policy.id;
}

async function policiesInUse({ user }: Cloud): Promise<string[]> {
  const ports = await user.list<Listed>('network', '/ports', 'ports');
  const ips = await user.list<Listed>('network', '/floatingips', 'floatingips');
  return [...ports, ...ips].flatMap(({ qos_policy_id: id }) => id ?? []);
}

test('a server moves with its QoS policy, and the rollback removes that after it', async () => {
  const { world, sender } = await template.world();
  const policy = await limited(world.source);
  const campaign = await beginMigration(sender);
  await untilState(sender, 'ready');
  const admin = await adminOf(world.destination);
  const [made] = await admin.list<Listed>('network', '/qos/policies', 'policies');
  expect(made).toMatchObject({ name: 'slow', rules: [{ type: 'bandwidth_limit', max_kbps: 3000 }] });
  expect(await policiesInUse(world.destination)).toEqual([made?.id, made?.id]);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await admin.list<Listed>('network', '/qos/policies', 'policies')).toEqual([]);
  expect(await policiesInUse(world.source)).toEqual([policy, policy]);
});

test('a server moves without a QoS policy that the plan skips', async () => {
  const { world, sender } = await template.world();
  const policy = await limited(world.source);
  await beginMigration(sender, (plan) => plan.replace(/^skip: \[\]$/m, `skip: [qos_policy/${policy}]`));
  await untilState(sender, 'ready');
  expect(await policiesInUse(world.destination)).toEqual([]);
});

test('a server keeps a QoS policy that the plan maps to one of the destination', async () => {
  const { world, sender } = await template.world();
  const policy = await limited(world.source);
  const admin = await adminOf(world.destination);
  const there = await admin.send<{ policy: Listed }>('POST', 'network', '/qos/policies', { policy: { name: 'slow there' } });
  const mapping = `  qos_policies:\n    ${policy}: { to: slow there }\n`;
  const campaign = await beginMigration(sender, (plan) => plan.replace(/^mappings:\n/m, `mappings:\n${mapping}`));
  await untilState(sender, 'ready');
  expect(await policiesInUse(world.destination)).toEqual([there.policy.id, there.policy.id]);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await admin.list<Listed>('network', '/qos/policies', 'policies')).toMatchObject([{ name: 'slow there' }]);
  expect(await policiesInUse(world.source)).toEqual([policy, policy]);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CampaignStatus } from '../../../../sender/campaign/campaign-status.ts';
import { changesSince } from '../../../../sender/campaign/since-capture.ts';
import * as build from '../../../support/build.ts';
import { beginMigration, untilState } from '../../../support/in-process.ts';
import { aDocument } from '../../../support/protocol.ts';
import { ShopTemplate } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

interface Made {
  readonly id: string;
  readonly name: string;
  readonly fixed_ips: readonly { readonly ip_address: string }[];
}

test('what an owner changes on the network side while the campaign is ready is told before the source is given up', async () => {
  const { world, sender, campaign } = await template.ready();
  const status = async (): Promise<CampaignStatus | undefined> => (await sender.daemon.status()).campaigns[0];
  expect((await status())?.differences).toEqual([]);
  const { user } = world.source;
  const group = (await user.list<Made>('network', '/security-groups', 'security_groups')).find(({ name }) => name === 'web');
  const [network] = await user.list<Made>('network', '/networks?name=front', 'networks');
  const rule = { security_group_id: group?.id, direction: 'ingress', protocol: 'tcp', port_range_min: 22, port_range_max: 22 };
  await user.send('POST', 'network', '/security-group-rules', { security_group_rule: rule });
  await user.send('PUT', 'network', `/networks/${network?.id}`, { network: { description: 'no longer' } });
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilState(sender, 'committed');
  const told = (await status())?.differences ?? [];
  expect(told.map(({ ref, says }) => `${ref.split('/')[0]}: ${says}`).sort()).toEqual([
    'network: changed at the source since its capture: description "no longer" instead of "where customers come"',
    `security_group_rule: is new at the source since the capture, in security_group/${group?.id}`,
  ]);
});

test('the first trunk, forwarding, server group and network of a kind that the capture had none of are told', async () => {
  const { world, sender } = await template.world();
  const { user } = world.source;
  const post = async (path: string, key: string, body: object): Promise<Made> =>
    (await user.send<Record<string, Made>>('POST', 'network', path, { [key]: body }))[key] as Made;
  const networks = await user.list<Made & { 'router:external': boolean }>('network', '/networks', 'networks');
  const front = networks.find(({ name }) => name === 'front')?.id;
  const port = await post('/ports', 'port', { network_id: front, name: 'spare' });
  const address = await post('/floatingips', 'floatingip', {
    floating_network_id: networks.find((one) => one['router:external'])?.id,
  });
  const campaign = await beginMigration(sender);
  await untilState(sender, 'ready');
  const forwarding = await post(`/floatingips/${address.id}/port_forwardings`, 'port_forwarding', {
    protocol: 'tcp',
    internal_port_id: port.id,
    internal_ip_address: port.fixed_ips[0]?.ip_address,
    internal_port: 80,
    external_port: 8080,
  });
  const trunk = await post('/trunks', 'trunk', { port_id: port.id, name: 'vlans' });
  const pool = await post('/networks', 'network', { name: 'back' });
  const group = { name: 'apart', policy: 'anti-affinity' };
  await user.send('POST', 'compute', '/os-server-groups', { server_group: group });
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilState(sender, 'committed');
  const told = (await sender.daemon.status()).campaigns[0]?.differences ?? [];
  const fresh = 'is new at the source since the capture';
  expect(told.filter(({ says }) => says.startsWith(fresh))).toEqual(
    expect.arrayContaining([
      { ref: `network/${pool.id}`, says: fresh },
      { ref: expect.stringContaining('server_group/'), says: fresh },
      { ref: `trunk/${trunk.id}`, says: `${fresh}, in port/${port.id}` },
      { ref: `port_forwarding/${forwarding.id}`, says: `${fresh}, in floating_ip/${address.id}` },
    ]),
  );
});

test('a source that is as it was captured has no changes, and one that lost something has', () => {
  const subnet = { kind: 'network' as const, id: 'n1', name: 'net' };
  const before = { ...aDocument(), networks: [subnet] } as unknown as ReturnType<typeof aDocument>;
  expect(changesSince(before, before, true)).toEqual([]);
  expect(changesSince(before, aDocument(), true)).toEqual([
    { ref: 'network/n1', says: 'is gone at the source since its capture' },
  ]);
});

test('a snapshot that is new since the capture is told with its volume, which moves', () => {
  const volumes = [build.aResource('volume', { id: 'v1', disk_id: 'v1.volume' })];
  const disks = [build.aResource('disk', { id: 'v1.volume', server_id: 'v1', volume_id: 'v1' })];
  const metadata = { godwit_snapshot: 'late', godwit_snapshot_of: 'v1' };
  const late = build.aResource('volume', { id: 'late.snapshot', disk_id: 'late.snapshot.volume', metadata });
  const before = build.aDocument({ volumes, disks });
  expect(changesSince(before, build.aDocument({ volumes: [...volumes, late], disks }), false)).toEqual([
    { ref: 'volume/late.snapshot', says: 'is new at the source since the capture, in volume/v1' },
  ]);
});

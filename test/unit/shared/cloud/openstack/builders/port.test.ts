import { expect, test } from 'vitest';
import { ownerServed } from '../../../../../../shared/cloud/openstack/builders/port.ts';
import { type Resource, refOf } from '../../../../../../shared/model/resource.ts';
import { aResource } from '../../../../../conformance/tenant.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

test.each([
  ['by its router advertisements alone', { ipv6_ra_mode: 'slaac' }],
  ['by its addresses alone', { ipv6_address_mode: 'slaac' }],
  ['by both', { ipv6_ra_mode: 'slaac', ipv6_address_mode: 'slaac' }],
  ['as stateless DHCP, by its router advertisements alone', { ipv6_ra_mode: 'dhcpv6-stateless' }],
])('a port on a subnet that is told to be SLAAC %s has the address that follows from its MAC', async (_how, modes) => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const network = campaign.tenant.get('network', 1);
  const subnet = aResource('subnet', {
    id: crypto.randomUUID(),
    network_id: network.id,
    ip_version: 6,
    cidr: '2001:db8:7::/64',
    gateway_ip: '2001:db8:7::1',
    enable_dhcp: true,
    ...modes,
  });
  const port = aResource('port', {
    id: crypto.randomUUID(),
    network_id: network.id,
    mac_address: 'fa:16:3e:77:00:21',
    fixed_ips: [{ subnet_id: subnet.id, ip_address: '2001:db8:7:0:f816:3eff:fe77:21' }],
  });
  await campaign.ensure(network);
  await campaign.ensure(subnet);
  const context = { ...campaign.context(port), resource: () => subnet };
  const { id } = await campaign.cloud.ensure(port, context);
  expect(await campaign.cloud.differences(port, id, context)).toEqual({ fatal: [], told: [] });
});

test.each([
  ['the host name', 'web-1', 'web-1', []],
  ['another one', 'db', 'web-1', ['dns_name is "", not "db"']],
  ['a host name that Nova refuses', 'web_1', 'web_1', ['dns_name is "", not "web_1"']],
])('a server is built on a port whose DNS name is %s, and what is lost is told', async (_what, dns_name, hostname, told) => {
  const campaign = await aCampaign(await aFurnishedTwin({ dns: true }));
  const server = { ...campaign.tenant.get('server'), hostname };
  const port = { ...campaign.tenant.get('port'), dns_name };
  const { resources: all } = campaign.tenant;
  const resources = () => all.map((one) => (one.kind === 'server' && one.id === server.id ? server : one));
  const isBefore = (one: Resource) => one.kind !== 'port' && one.kind !== 'server' && one.kind !== 'floating_ip';
  for (const one of all.filter(isBefore)) await campaign.ensure(one);
  const built = await campaign.cloud.ensure(port, { ...campaign.context(port), resources });
  campaign.built.set(`port/${port.id}`, built);
  expect(await campaign.cloud.differences(port, built.id, campaign.context(port))).toEqual({ fatal: [], told });
  expect(await campaign.ensure(server)).toMatchObject({ how: 'created' });
});

test('a port on a subnet that serves only servers is created as a server’s, and plugged in', async () => {
  const campaign = await aCampaign(await aFurnishedTwin());
  const kept = campaign.tenant.resources.map((one) =>
    one.kind === 'subnet' ? { ...one, service_types: ['network:distributed', 'compute:nova'] } : one,
  );
  const before = [
    'network',
    'address_scope',
    'subnet_pool',
    'subnet',
    'security_group',
    'keypair',
    'server_group',
    'flavor',
    'disk',
  ];
  const needed = new Set(before);
  for (const one of kept.filter(({ kind }) => needed.has(kind))) await campaign.ensure(one);
  const port = campaign.tenant.get('port');
  const resource = (ref: string) => kept.find(({ kind, id }) => `${kind}/${id}` === ref) as Resource;
  const context = { ...campaign.context(port), resource };
  const built = await campaign.cloud.ensure(port, context);
  campaign.built.set(`port/${port.id}`, built);
  expect(await campaign.cloud.differences(port, built.id, context)).toEqual({ fatal: [], told: [] });
  expect(await campaign.ensure(campaign.tenant.get('server'))).toMatchObject({ how: 'created' });
});

test.each([
  ['of one subnet that serves all', [[]], undefined],
  ['of subnets that both serve it', [['compute:a', 'compute:b'], ['compute:b']], 'compute:b'],
  ['of subnets of which none serves what the other does', [['compute:a'], ['compute:b']], undefined],
  ['of a subnet for routers', [['network:router_gateway']], undefined],
] as const)('the owner that a server’s port needs is that %s', (_what, subnets, owner) => {
  expect(ownerServed(subnets)).toBe(owner);
});

test('a port without a DNS name, which Nova names by its server, is as it was; another name is told', async () => {
  const twin = await aFurnishedTwin({ dns: true });
  const campaign = await aCampaign(twin);
  await campaign.ensureAll();
  const port = campaign.tenant.get('port');
  const id = campaign.built.get(refOf('port', port.id))?.id ?? '';
  const differences = () => campaign.cloud.differences(port, id, campaign.context(port));
  const hand = await aHand(twin);
  const shown = await hand.ask<{ port: { dns_name: string } }>('GET', 'network', `/ports/${id}`);
  expect(shown.port.dns_name).toBe('web-1');
  expect(await differences()).toEqual({ fatal: [], told: [] });
  await hand.ask('PUT', 'network', `/ports/${id}`, { port: { dns_name: 'other' } });
  expect(await differences()).toEqual({ fatal: [], told: ['dns_name is "other", not ""'] });
});

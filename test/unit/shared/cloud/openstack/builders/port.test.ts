import { expect, test } from 'vitest';
import { aResource } from '../../../../../conformance/tenant.ts';
import { aCampaign, aFurnishedTwin } from '../a-destination.ts';

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

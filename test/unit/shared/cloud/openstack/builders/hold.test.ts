import { expect, test } from 'vitest';
import { holdAddresses } from '../../../../../../shared/cloud/openstack/builders/hold.ts';
import { Site } from '../../../../../../shared/cloud/openstack/builders/site.ts';
import type { Resource } from '../../../../../../shared/model/resource.ts';
import { aCampaign, aFurnishedTwin, aHand, type Campaign } from '../a-destination.ts';

/** A subnet whose first free address is that of the first server, and which DHCP leaves alone. */
function narrow(one: Resource): Resource {
  if (one.kind !== 'subnet' || one.cidr !== '10.199.7.0/24') return one;
  const allocation_pools = [
    { start: '10.199.7.2', end: '10.199.7.2' },
    { start: '10.199.7.60', end: '10.199.7.99' },
  ];
  return { ...one, enable_dhcp: false, allocation_pools };
}

async function buildAll(campaign: Campaign, until?: Resource): Promise<void> {
  for (const one of campaign.tenant.resources) {
    if (one.kind === 'image') continue;
    if (one === until) return;
    await campaign.ensure(narrow(one));
  }
}

const owners = async (hand: Awaited<ReturnType<typeof aHand>>, address: string) => {
  const { ports } = await hand.ask<{ ports: { device_owner: string; fixed_ips: { ip_address: string }[] }[] }>(
    'GET',
    'network',
    '/ports',
  );
  return ports.filter(({ fixed_ips }) => fixed_ips.some((ip) => ip.ip_address === address)).map((port) => port.device_owner);
};

test('a distributed router’s SNAT port does not keep the address of a server that is built later', async () => {
  const twin = await aFurnishedTwin({ distributedRouters: true });
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  await buildAll(campaign, campaign.tenant.get('port'));
  expect(await owners(hand, '10.199.7.2')).toEqual([]);
  expect(await owners(hand, '10.199.7.66')).toEqual([]);
  const admin = await aHand(twin, 'admin', 'demo');
  const { ports } = await admin.ask<{ ports: { device_owner: string }[] }>('GET', 'network', '/ports');
  expect(ports.map(({ device_owner }) => device_owner)).toContain('network:router_centralized_snat');
  for (const index of [0, 1]) await campaign.ensure(campaign.tenant.get('port', index));
  await campaign.removeAll();
});

test('ports that held addresses when the receiver died are taken away by the next attempt, and by a rollback', async () => {
  const twin = await aFurnishedTwin({ distributedRouters: true });
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const leg = campaign.tenant.get('interface');
  await buildAll(campaign, leg);
  const site = new Site(hand.session);
  await holdAddresses(site, leg, campaign.context(leg));
  expect(await owners(hand, '10.199.7.2')).toEqual(['']);
  const held = await campaign.cloud.find(leg, campaign.context(leg));
  const patience = { timeoutMs: 10_000, signal: AbortSignal.timeout(10_000) };
  await campaign.cloud.remove(`interface/${leg.id}`, held ?? '', campaign.id, patience);
  expect(await owners(hand, '10.199.7.2')).toEqual([]);

  await holdAddresses(site, leg, campaign.context(leg));
  await campaign.ensure(leg);
  expect(await owners(hand, '10.199.7.2')).toEqual([]);
});

test('a distributed router’s SNAT port keeps no server’s address on an adopted network either', async () => {
  const twin = await aFurnishedTwin({ distributedRouters: true });
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const { network } = await hand.ask<{ network: { id: string } }>('POST', 'network', '/networks', { network: { name: 'there' } });
  for (const one of campaign.tenant.resources)
    if (one.kind === 'subnet') {
      const { cidr, gateway_ip, allocation_pools, enable_dhcp } = { ...one, ...narrow(one) };
      const subnet = { network_id: network.id, ip_version: 4, cidr, gateway_ip, allocation_pools, enable_dhcp };
      await hand.ask('POST', 'network', '/subnets', { subnet });
    }
  const own = campaign.tenant.get('network', 1).id;
  campaign.tenant.mappings.networks[own] = { to: network.id };
  await buildAll(campaign, campaign.tenant.get('port'));
  expect(await owners(hand, '10.199.7.2')).toEqual([]);
  for (const index of [0, 1]) await campaign.ensure(campaign.tenant.get('port', index));
});

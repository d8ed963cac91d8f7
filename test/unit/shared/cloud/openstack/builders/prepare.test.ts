import { expect, test } from 'vitest';
import type { Resource } from '../../../../../../shared/model/resource.ts';
import { aCampaign, aFurnishedTwin, aHand, type Campaign } from '../a-destination.ts';

type Hand = Awaited<ReturnType<typeof aHand>>;

const prepare = (campaign: Campaign, one: Resource) => campaign.cloud.prepare(one, campaign.context(one));

const addressesOf = async (hand: Hand) =>
  (
    await hand.ask<{ floatingips: { floating_ip_address: string; port_id: string | null }[] }>('GET', 'network', '/floatingips')
  ).floatingips.map(({ floating_ip_address, port_id }) => [floating_ip_address, port_id]);

/** A campaign in which everything stands that a floating IP needs. */
async function aSite(): Promise<{ campaign: Campaign; hand: Hand }> {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin, 'admin', 'demo');
  await campaign.ensureAll(campaign.tenant.get('floating_ip'));
  return { campaign, hand: await aHand(twin) };
}

/** The port of a campaign whose inner network is mapped to an existing one without DHCP. */
async function aMappedPort(): Promise<{ campaign: Campaign; port: Resource }> {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const inner = campaign.tenant.get('network', 1);
  const { network } = await hand.ask<{ network: { id: string } }>('POST', 'network', '/networks', {
    network: { name: 'shared' },
  });
  for (const index of [0, 1]) {
    const { cidr } = campaign.tenant.get('subnet', index);
    const subnet = { network_id: network.id, cidr, ip_version: 4, enable_dhcp: false };
    await hand.ask('POST', 'network', '/subnets', { subnet });
  }
  campaign.tenant.mappings.networks[inner.id] = { to: network.id };
  const pools = [campaign.tenant.get('address_scope'), campaign.tenant.get('subnet_pool')];
  for (const one of [inner, ...pools, campaign.tenant.get('subnet'), campaign.tenant.get('subnet', 1)])
    await campaign.ensure(one);
  return { campaign, port: campaign.tenant.get('port') };
}

test('a port goes unnoticed on a network that the campaign makes', async () => {
  const { campaign } = await aSite();
  expect(await prepare(campaign, campaign.tenant.get('port'))).toBe(true);
});

test('a port on an existing network waits for the stop: the guest at the source may be on it, too', async () => {
  const { campaign, port } = await aMappedPort();
  expect(await prepare(campaign, port)).toBe(false);
});

test('a floating IP with an address that a port of the tenant may answer for waits for the stop', async () => {
  const { campaign } = await aSite();
  const floating = { ...campaign.tenant.get('floating_ip'), floating_ip_address: '172.24.10.99' };
  campaign.tenant.mappings.floating_ips[floating.id] = { to: '172.24.10.98' };
  const port = campaign.tenant.get('port');
  const context = campaign.context(floating);
  expect(await campaign.cloud.prepare(floating, { ...context, resources: () => [floating, port] })).toBe(true);
  const virtual = { ...port, allowed_address_pairs: [{ ip_address: '172.24.10.98' }] };
  expect(await campaign.cloud.prepare(floating, { ...context, resources: () => [floating, virtual] })).toBe(false);
});

test('a floating IP whose address is not the source’s may be associated; it is not before that is asked for', async () => {
  const { campaign, hand } = await aSite();
  const floating = campaign.tenant.get('floating_ip');
  expect(await prepare(campaign, floating)).toBe(true);
  const [[address, port] = []] = await addressesOf(hand);
  expect(port).toBe(null);
  expect(await campaign.ensure(floating)).toMatchObject({ how: 'found', detail: { address } });
  expect(await addressesOf(hand)).toEqual([[address, campaign.built.get(`port/${floating.port_id}`)?.id]]);
});

test('a floating IP with an address that the tenant uses at the source is reserved without a port, once', async () => {
  const { campaign, hand } = await aSite();
  const floating = { ...campaign.tenant.get('floating_ip'), floating_ip_address: '172.24.10.99' };
  campaign.tenant.mappings.floating_ips[floating.id] = { to: 'same' };
  const context = { ...campaign.context(floating), resources: () => [floating] };
  expect(await campaign.cloud.prepare(floating, context)).toBe(false);
  expect(await campaign.cloud.prepare(floating, context)).toBe(false);
  expect(await addressesOf(hand)).toEqual([['172.24.10.99', null]]);
  expect(await campaign.cloud.find(floating, context)).not.toBe(null);
});

test('a floating IP whose name the cloud publishes is not made before the stop', async () => {
  const { campaign, hand } = await aSite();
  const floating = { ...campaign.tenant.get('floating_ip'), dns_name: 'www', dns_domain: 'example.org.' };
  expect(await prepare(campaign, floating)).toBe(false);
  expect(await addressesOf(hand)).toEqual([]);
});

test('nothing else is made before the stop', async () => {
  const { campaign, hand } = await aSite();
  expect(await prepare(campaign, campaign.tenant.get('server'))).toBe(false);
  expect((await hand.ask<{ servers: unknown[] }>('GET', 'compute', '/servers')).servers).toEqual([]);
});

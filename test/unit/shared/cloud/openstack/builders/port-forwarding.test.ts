import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { inBuildOrder } from '../../../../../../shared/model/build-order.ts';
import { refOf } from '../../../../../../shared/model/resource.ts';
import { accessTo, type Hand } from '../../../../../conformance/furnish.ts';
import { aResource } from '../../../../../conformance/tenant.ts';
import { aCampaign, aFurnishedTwin, aHand, type Campaign } from '../a-destination.ts';

const patience = () => ({ timeoutMs: 10_000, signal: AbortSignal.timeout(10_000) });

interface Forwarding {
  readonly id: string;
  readonly description: string;
}

async function forwardingsOf(hand: Hand, floating: string): Promise<readonly Forwarding[]> {
  const path = `/floatingips/${floating}/port_forwardings`;
  return (await hand.ask<{ port_forwardings: Forwarding[] }>('GET', 'network', path)).port_forwardings;
}

/** What is built of the sample tenant first, a floating IP without a port, and a forwarding. */
async function aGround(campaign: Campaign) {
  const { tenant } = campaign;
  const before = new Set(['network', 'address_scope', 'subnet_pool', 'subnet', 'router', 'gateway', 'interface']);
  const needed = tenant.resources.filter(({ kind }) => before.has(kind) || /group/.test(kind));
  for (const one of needed) await campaign.ensure(one);
  const port = tenant.get('port', 1);
  await campaign.ensure(port);
  const { floating_network_id } = tenant.get('floating_ip');
  const floating = aResource('floating_ip', {
    id: crypto.randomUUID(),
    floating_network_id,
    floating_ip_address: '203.0.113.20',
  });
  const forwarding = aResource('port_forwarding', {
    id: crypto.randomUUID(),
    floating_ip_id: floating.id,
    description: 'the way in',
    protocol: 'tcp',
    external_port: 2222,
    internal_port_id: port.id,
    internal_ip_address: port.fixed_ips[0]?.ip_address ?? '',
    internal_port: 22,
  });
  return { port, floating, forwarding };
}

test('a port forwarding is created once, is as it was, and its rollback removes it before its floating IP', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const { floating, forwarding } = await aGround(campaign);
  const { id: at } = await campaign.ensure(floating);
  twin.faults.set([{ do: 'lost-answer', times: 1, match: { method: 'POST', path: '/port_forwardings' } }]);
  const { id, differences } = await campaign.ensure(forwarding);
  expect(differences).toEqual({ fatal: [], told: [] });
  expect(await forwardingsOf(hand, at)).toMatchObject([{ description: 'the way in' }]);
  expect(await campaign.ensure(forwarding)).toMatchObject({ id, how: 'found' });
  expect(await campaign.cloud.find(forwarding, campaign.context(forwarding))).toBe(id);
  const ref = refOf('port_forwarding', forwarding.id);
  expect(await campaign.cloud.isThere(ref, id, AbortSignal.timeout(5000))).toBe(true);
  const remove = () => campaign.cloud.remove(ref, id, campaign.id, patience());
  expect([await remove(), await remove()]).toEqual([true, false]);
  expect(await campaign.cloud.isThere(ref, id, AbortSignal.timeout(5000))).toBe(false);
  expect(await campaign.cloud.remove(refOf('floating_ip', floating.id), at, campaign.id, patience())).toBe(true);
});

test.each([
  ['from a range to as many ports', { external_port_range: '8000:8010', internal_port_range: '9000:9010' }],
  ['from a range to one port', { external_port_range: '8000:8010', internal_port: 80 }],
])('a forwarding %s is as it was', async (_what, ports) => {
  const campaign = await aCampaign(await aFurnishedTwin());
  const { floating, forwarding } = await aGround(campaign);
  await campaign.ensure(floating);
  const several = { ...forwarding, external_port: null, internal_port: null, ...ports };
  expect((await campaign.ensure(several)).differences).toEqual({ fatal: [], told: [] });
  expect(await campaign.ensure(several)).toMatchObject({ how: 'found' });
});

test('what a floating IP of the project forwarded before is adopted, and never taken for ours', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const { floating, forwarding } = await aGround(campaign);
  const { floating_network_id } = floating;
  const made = await hand.ask<{ floatingip: { id: string; floating_ip_address: string } }>('POST', 'network', '/floatingips', {
    floatingip: { floating_network_id: campaign.built.get(refOf('network', floating_network_id))?.id },
  });
  const to = made.floatingip.floating_ip_address;
  const context = (one: typeof forwarding | typeof floating) => ({
    ...campaign.context(one),
    mappings: { ...campaign.tenant.mappings, floating_ips: { [floating.id]: { to } } },
  });
  const adopted = await campaign.cloud.ensure(floating, context(floating));
  campaign.built.set(refOf('floating_ip', floating.id), adopted);
  expect(adopted.how).toBe('adopted');
  expect(await campaign.cloud.occupied(forwarding, context(forwarding))).toBe(false);
  const first = await campaign.cloud.ensure(forwarding, { ...context(forwarding), claimed: true });
  expect(first.how).toBe('created');
  expect(await campaign.cloud.ensure(forwarding, { ...context(forwarding), claimed: true })).toMatchObject({ how: 'found' });
  expect(await campaign.cloud.occupied(forwarding, context(forwarding))).toBe(true);
  expect(await campaign.cloud.ensure(forwarding, context(forwarding))).toMatchObject({ how: 'adopted' });
});

test('a forwarding of the same ports to another machine is never taken for ours, nor is it removed', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const { floating, forwarding } = await aGround(campaign);
  const { id: at } = await campaign.ensure(floating);
  const other = campaign.tenant.get('port', 0);
  await campaign.ensure(other);
  const port_forwarding = {
    protocol: 'tcp',
    external_port: 2222,
    internal_port: 22,
    internal_port_id: campaign.built.get(refOf('port', other.id))?.id,
    internal_ip_address: other.fixed_ips[0]?.ip_address,
  };
  await hand.ask('POST', 'network', `/floatingips/${at}/port_forwardings`, { port_forwarding });
  const context = { ...campaign.context(forwarding), claimed: true };
  await expect(campaign.cloud.ensure(forwarding, context)).rejects.toMatchObject({ code: 'E_CONFLICT' });
  expect(await campaign.cloud.find(forwarding, context)).toBeNull();
  expect(await forwardingsOf(hand, at)).toHaveLength(1);
});

test('a range of ports blocks the plan where the destination forwards single ones alone', async () => {
  const campaign = await aCampaign(await aFurnishedTwin({ withoutExtensions: ['floating-ip-port-forwarding-port-ranges'] }));
  const { floating, forwarding } = await aGround(campaign);
  const range = {
    ...forwarding,
    external_port: null,
    internal_port: null,
    external_port_range: '80:90',
    internal_port_range: '80:90',
  };
  const blockingOf = async (one: typeof forwarding) => {
    const resources = [...campaign.tenant.resources, floating, one];
    const { concerns } = await campaign.cloud.preflight(resources, campaign.tenant.mappings, AbortSignal.timeout(15_000));
    return concerns.filter(({ severity }) => severity === 'blocking').map(({ code, about }) => `${code} ${about}`);
  };
  expect(await blockingOf(forwarding)).toEqual([]);
  expect(await blockingOf(range)).toEqual([`extension.absent port_forwarding/${range.id}`]);
});

test('a capture of some servers takes what is forwarded to them, with its floating IP, and nothing else', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  for (const one of inBuildOrder(campaign.tenant.resources)) if (one.kind !== 'floating_ip') await campaign.ensure(one);
  const hand = await aHand(twin);
  const {
    server: [first, second],
    ports,
  } = await serversOf(hand);
  const floatingip = { floating_network_id: campaign.built.get(refOf('network', campaign.tenant.get('network').id))?.id };
  const { floatingip: made } = await hand.ask<{ floatingip: { id: string } }>('POST', 'network', '/floatingips', { floatingip });
  await hand.ask('POST', 'network', '/floatingips', { floatingip });
  for (const [place, server] of [first, second].entries()) {
    const port = ports.find(({ device_id }) => device_id === server?.id);
    const port_forwarding = {
      protocol: 'tcp',
      external_port: 2000 + place,
      internal_port: 22,
      internal_port_id: port?.id,
      internal_ip_address: port?.fixed_ips[0]?.ip_address,
    };
    await hand.ask('POST', 'network', `/floatingips/${made.id}/port_forwardings`, { port_forwarding });
  }
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const { document } = await source.inventory({ servers: [second?.id ?? ''] }, AbortSignal.timeout(15_000));
  expect(document.floating_ips.map(({ id }) => id)).toEqual([made.id]);
  expect(document.port_forwardings).toMatchObject([{ external_port: 2001, floating_ip_id: made.id }]);
  const kinds = document.port_forwardings[0]?.needs.map((ref) => ref.split('/')[0]).sort();
  expect(kinds).toEqual(['floating_ip', 'gateway', 'interface', 'port']);
  const all = await source.inventory({ servers: [] }, AbortSignal.timeout(15_000));
  expect(new Set(all.document.port_forwardings.map(({ external_port }) => external_port))).toEqual(new Set([2000, 2001]));
  expect(all.document.floating_ips).toHaveLength(2);
});

interface Listed {
  readonly id: string;
  readonly device_id: string;
  readonly fixed_ips: readonly { readonly ip_address: string }[];
}

async function serversOf(hand: Hand) {
  const { servers } = await hand.ask<{ servers: { id: string }[] }>('GET', 'compute', '/servers');
  const { ports } = await hand.ask<{ ports: Listed[] }>('GET', 'network', '/ports');
  return { server: servers, ports };
}

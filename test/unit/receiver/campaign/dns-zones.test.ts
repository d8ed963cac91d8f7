import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Plan } from '../../../../sender/model/plan.ts';
import type { ApiDnsZone } from '../../../../shared/cloud/openstack/dns/answers.ts';
import { accessTo, Hand } from '../../../conformance/furnish.ts';
import { beginMigration, type Cloud, type SenderLife, untilState } from '../../../support/in-process.ts';
import { ShopTemplate } from '../../../support/shop-world.ts';
import { aRecordSet, aZone, zonesOf } from '../../shared/cloud/openstack/dns/a-zone.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make(['web-1']);
});
afterAll(() => template.remove());

/** A user's hand in the project of a cloud. */
async function handOf({ twin }: Cloud): Promise<Hand> {
  const hand = new Hand(await accessTo(twin.authUrl, 'demo', 'shop'));
  onTestFinished(() => hand.session.close());
  return hand;
}

/** Waits for one of several campaigns. */
async function untilCampaign({ daemon }: SenderLife, wanted: string, state: string): Promise<void> {
  const stateNow = async () => (await daemon.status()).campaigns.find(({ id }) => id === wanted)?.state;
  await expect.poll(stateNow, { timeout: 50_000 }).toBe(state);
}

/** A plan in which the project moves without its servers. */
function withoutServers(text: string): string {
  return stringify({ ...(parse(text) as Plan), waves: [], images: [] });
}

/** A shop with a zone, a delegation in it, and the zone below. */
async function aWorldWithZones() {
  const { world, sender } = await template.world('demo', { designate: true });
  const source = await handOf(world.source);
  const zone = await aZone(source, { name: 'shop.example.', ttl: 600, description: 'the shop' });
  await aRecordSet(source, zone, { name: 'www.shop.example.', records: ['203.0.113.9', '203.0.113.10'], ttl: 60 });
  await aRecordSet(source, zone, { name: 'eu.shop.example.', type: 'NS', records: ['ns.example.net.'] });
  const below = await aZone(source, { name: 'eu.shop.example.' });
  await aRecordSet(source, below, { name: 'www.eu.shop.example.', type: 'CNAME', records: ['www.shop.example.'] });
  return { world, sender, source, there: await handOf(world.destination) };
}

test('zones move with the whole project, verify finds them equal, and a rollback takes them away', async () => {
  const { sender, source, there } = await aWorldWithZones();
  const theirs = await aZone(there, { name: 'theirs.example.' });
  const { concerns } = await sender.daemon.plan({ servers: [] });
  expect(concerns.map(({ code }) => code)).toEqual(expect.arrayContaining(['dns_zone.delegation', 'dns_zone.ttl']));
  const campaign = await beginMigration(sender, withoutServers);
  await untilState(sender, 'ready');
  expect(await zonesOf(there)).toMatchObject(await zonesOf(source));
  const verify = () => sender.daemon.verify({ campaign });
  const { comparison } = await vi.waitFor(verify, { timeout: 20_000, interval: 50 });
  const ofDns = comparison?.lines.filter(({ ref }) => ref.startsWith('dns_')) ?? [];
  expect(new Set(ofDns.map(({ is }) => is))).toEqual(new Set());
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(Object.keys(await zonesOf(there))).toEqual([theirs.name]);
});

test('a second campaign maps to the zones that the first built, and writes nothing of them', async () => {
  const { world, sender, there } = await aWorldWithZones();
  const first = await beginMigration(sender, withoutServers);
  await untilState(sender, 'ready');
  await sender.daemon.commit({ campaign: first, deleteSource: false });
  await untilState(sender, 'committed');
  const before = await zonesOf(there);
  const { plan, concerns } = await sender.daemon.plan({ servers: [] });
  expect(concerns.filter(({ severity }) => severity === 'blocking')).toEqual([]);
  expect(plan).toContain('dns_zones:');
  const { requests } = world.destination.twin;
  const heard = requests.length;
  const { campaign: second } = await sender.daemon.migrate({ plan: withoutServers(plan), file: 'plan.yaml', options: {} });
  await untilCampaign(sender, second, 'ready');
  const writes = requests.slice(heard).filter(({ method, path }) => method !== 'GET' && path.startsWith('/dns/'));
  expect(writes).toEqual([]);
  await sender.daemon.rollback({ campaign: second });
  await untilCampaign(sender, second, 'rolled back');
  expect(await zonesOf(there)).toEqual(before);
});

test('a plan that rewrites addresses is blocked where only the cloud chooses the new one', async () => {
  const { world, sender, source } = await aWorldWithZones();
  const [external] = await world.source.user.list<{ id: string }>('network', '/networks?router:external=true', 'networks');
  const body = { floatingip: { floating_network_id: external?.id } };
  const made = await world.source.user.send<{ floatingip: { floating_ip_address: string } }>(
    'POST',
    'network',
    '/floatingips',
    body,
  );
  const { floating_ip_address: address } = made.floatingip;
  const { zones } = await source.ask<{ zones: readonly ApiDnsZone[] }>('GET', 'dns', '/zones?name=shop.example.');
  await aRecordSet(source, zones[0] as ApiDnsZone, { name: 'fip.shop.example.', records: [address] });
  const { concerns } = await sender.daemon.plan({ servers: [] });
  expect(concerns.find(({ code }) => code === 'dns_record_set.addresses')?.says).toContain(`fip.shop.example. A ${address}`);
  const rewriting = (text: string): string => withoutServers(text).replace('dns_addresses: keep', 'dns_addresses: rewrite');
  await expect(beginMigration(sender, rewriting)).rejects.toMatchObject({
    code: 'E_BLOCKED',
    message: expect.stringContaining(`not known is what ${address} in fip.shop.example. A becomes`),
  });
});

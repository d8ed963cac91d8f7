import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { inBuildOrder } from '../../../../../../shared/model/build-order.ts';
import { resourcesOf } from '../../../../../../shared/model/configurations.ts';
import { accessTo, populate } from '../../../../../conformance/furnish.ts';
import type { Twin } from '../../../../../twin/twin.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';
import { aRecordSet, aZone } from './a-zone.ts';

async function captured(twin: Twin, servers: readonly string[] = [], user: 'demo' | 'admin' = 'demo') {
  const source = new OpenStackSource(await accessTo(twin.authUrl, user));
  onTestFinished(() => source.close());
  const selection = { project: 'demo', servers, withoutImages: true };
  const { document, concerns } = await source.inventory(selection, AbortSignal.timeout(30_000));
  const says = (code: string) => concerns.find((one) => one.code === code)?.says;
  return { document, concerns, says };
}

test('a whole project has its zones and the record sets that people made, over all pages', async () => {
  const twin = await aFurnishedTwin({ designate: true, pageSize: 2 });
  const demo = await aHand(twin);
  const zone = await aZone(demo, { ttl: 7200, description: 'shop', attributes: { tier: 'gold', pool_id: 'p' } });
  for (const name of ['a', 'b', 'c']) await aRecordSet(demo, zone, { name: `${name}.example.org.`, records: ['203.0.113.1'] });
  await aRecordSet(demo, zone, { name: 'd.example.org.', type: 'NS', records: ['ns.example.net.'], ttl: 60, description: 'D' });
  const { document, says } = await captured(twin);
  expect(document.dns_zones).toEqual([
    {
      id: zone.id,
      name: 'example.org.',
      needs: [],
      type: 'PRIMARY',
      email: 'host@example.org',
      ttl: 7200,
      description: 'shop',
      masters: [],
      attributes: { tier: 'gold' },
    },
  ]);
  expect(document.dns_record_sets.map(({ name, type, ttl }) => `${name} ${type} ${ttl}`)).toEqual([
    'a.example.org. A null',
    'b.example.org. A null',
    'c.example.org. A null',
    'd.example.org. NS 60',
  ]);
  expect(document.dns_record_sets[3]).toMatchObject({ zone_id: zone.id, description: 'D', records: ['ns.example.net.'] });
  expect(says('dns_zone.delegation')).toContain('example.org. at ns1.regionone.example.net.');
  expect(says('dns_zone.ttl')).toContain('example.org. 7200 s');
});

test('a zone comes after the one above it, and after the record sets there that lie in it', async () => {
  const twin = await aFurnishedTwin({ designate: true });
  const demo = await aHand(twin);
  const above = await aZone(demo);
  await aRecordSet(demo, above, { name: 'eu.example.org.', type: 'NS', records: ['ns.example.net.'] });
  const below = await aZone(demo, { name: 'eu.example.org.' });
  await aRecordSet(demo, below, { name: 'www.eu.example.org.', records: ['203.0.113.1'] });
  const { document } = await captured(twin);
  const order = inBuildOrder(resourcesOf(document)).filter(({ kind }) => kind.startsWith('dns_'));
  expect(order.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'dns_zone example.org.',
    'dns_record_set eu.example.org.',
    'dns_zone eu.example.org.',
    'dns_record_set www.eu.example.org.',
  ]);
});

test('a secondary zone has its masters, and neither records nor what comes with its transfer', async () => {
  const twin = await aFurnishedTwin({ designate: true });
  const demo = await aHand(twin);
  await aZone(demo, { name: 'copy.org.', type: 'SECONDARY', email: undefined, masters: ['192.0.2.1:53'] });
  const { document, says } = await captured(twin);
  expect(document.dns_zones[0]).toMatchObject({ type: 'SECONDARY', email: null, ttl: null, masters: ['192.0.2.1'] });
  expect(document.dns_record_sets).toEqual([]);
  expect(says('dns_zone.secondary')).toContain('copy.org. from 192.0.2.1.');
});

test('zones of other projects and those that are being deleted stay, and are told', async () => {
  const twin = await aFurnishedTwin({ designate: true });
  await aZone(await aHand(twin));
  const match = { service: 'dns', path: '^/v2/zones\\?' } as const;
  twin.faults.set([{ do: 'alter', match, attribute: 'project_id', value: 'p2' }]);
  const shared = await captured(twin);
  expect(shared.document.dns_zones).toEqual([]);
  expect(shared.says('dns_zone.left_out')).toContain('example.org. (of project p2)');
  twin.faults.set([{ do: 'alter', match, attribute: 'action', value: 'DELETE' }]);
  expect((await captured(twin)).says('dns_zone.left_out')).toContain('example.org. (being deleted)');
  twin.faults.set([{ do: 'alter', match, attribute: 'shared', beside: 'pool_id', value: true }]);
  expect((await captured(twin)).says('dns_zone.not_carried')).toContain('The attribute shared (true) of DNS zone example.org.');
});

test('a service that does not tell the zones is named, and records that cannot be read stop the capture', async () => {
  const twin = await aFurnishedTwin({ designate: true });
  await aZone(await aHand(twin));
  twin.faults.set([{ do: 'status', status: 403, match: { service: 'dns', path: '^/v2/zones\\?' } }]);
  expect((await captured(twin)).says('dns_zone.unseen')).toContain('none is moved: The dns service answered 403');
  twin.faults.set([{ do: 'status', status: 403, match: { service: 'dns', path: '/recordsets' } }]);
  await expect(captured(twin)).rejects.toMatchObject({ code: 'E_FORBIDDEN' });
  twin.faults.clear();
  expect((await captured(twin, [], 'admin')).says('dns_zone.unseen')).toContain('of the project of the credentials only');
});

test('chosen servers move without zones, and without a word of them', async () => {
  const twin = await aFurnishedTwin({ designate: true });
  await aZone(await aHand(twin));
  const { document, concerns } = await captured(twin, [await populate(twin.authUrl)]);
  expect(document.dns_zones).toEqual([]);
  expect(concerns.filter(({ code }) => code.startsWith('dns_'))).toEqual([]);
});

test('names of floating IPs are told one by one', async () => {
  const twin = await aFurnishedTwin({ designate: true });
  const demo = await aHand(twin);
  const { networks } = await demo.ask<{ networks: readonly { id: string; name: string }[] }>('GET', 'network', '/networks');
  const floating_network_id = networks.find(({ name }) => name === 'ext')?.id;
  const made = async () => {
    const body = { floatingip: { floating_network_id } };
    const answer = await demo.ask<{ floatingip: { id: string; floating_ip_address: string } }>(
      'POST',
      'network',
      '/floatingips',
      body,
    );
    return answer.floatingip;
  };
  await made();
  const named = await made();
  await demo.ask('PATCH', 'dns', `/reverse/floatingips/RegionOne:${named.id}`, { ptrdname: 'www.example.org.' });
  expect((await captured(twin)).says('left_behind.pointers')).toBe(
    `The project has names of floating IPs (PTR records) that are not moved (1): ${named.floating_ip_address} as www.example.org.`,
  );
});

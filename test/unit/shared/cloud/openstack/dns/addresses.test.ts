import { expect, test } from 'vitest';
import { changedAddresses, namedIn, withNewAddresses } from '../../../../../../shared/cloud/openstack/dns/addresses.ts';
import { noMappings } from '../../../../../../shared/model/mappings.ts';
import { refOf } from '../../../../../../shared/model/resource.ts';
import { aResource } from '../../../../../support/build.ts';
import { aCampaign, aFurnishedTwin } from '../a-destination.ts';

const floatingAt = (id: string, address: string) => aResource('floating_ip', { id, floating_ip_address: address });
const all = [
  floatingAt('f1', '203.0.113.1'),
  floatingAt('f2', '203.0.113.2'),
  floatingAt('f3', '203.0.113.3'),
  floatingAt('f4', '203.0.113.4'),
  aResource('gateway', { id: 'r1', router_id: 'r1', external_fixed_ips: [{ subnet_id: 's', ip_address: '2001:DB8::1' }] }),
];
const mappings = {
  ...noMappings,
  floating_ips: { f1: { to: '198.51.100.1' }, f2: { to: 'same' }, f3: { to: 'auto' }, f4: { to: '203.0.113.4' } },
  gateways: { r1: { ip: '2001:db8::2' } },
};
const changed = changedAddresses(all, mappings);
const rewriting = { ...mappings, dns_addresses: 'rewrite' as const };
const aSet = (type: string, records: readonly string[]) => aResource('dns_record_set', { zone_id: 'z1', type, records });

test('addresses that the plan keeps are no others, and of those that the cloud chooses nothing is known', () => {
  expect(Object.fromEntries(changed)).toEqual({
    '203.0.113.1': '198.51.100.1',
    '203.0.113.3': null,
    '2001:db8::1': '2001:db8::2',
  });
});

test.each([
  ['A', ['203.0.113.1', '203.0.113.2'], ['203.0.113.1']],
  ['AAAA', ['2001:0db8::0001'], ['2001:db8::1']],
  ['TXT', ['"v=spf1 ip4:203.0.113.3 -all"'], ['203.0.113.3']],
  ['CNAME', ['www.example.org.'], []],
])('an address that becomes another one is found in a record of type %s', (type, records, found) => {
  expect(namedIn({ type, records }, changed)).toEqual(found);
});

test('a record gets the address that the plan names, and keeps every other one', () => {
  const set = aSet('A', ['203.0.113.1', '203.0.113.3', '192.0.2.1']);
  expect(withNewAddresses(set, () => all, rewriting).records).toEqual(['198.51.100.1', '203.0.113.3', '192.0.2.1']);
  expect(withNewAddresses(aSet('AAAA', ['2001:DB8::1']), () => all, rewriting).records).toEqual(['2001:db8::2']);
  const text = aSet('TXT', ['"ip4:203.0.113.1"']);
  for (const kept of [text, aSet('A', ['192.0.2.1'])]) expect(withNewAddresses(kept, () => all, rewriting)).toBe(kept);
  expect(withNewAddresses(set, () => all, mappings)).toBe(set);
});

test('a rewritten record set is built so, and its records count as mapped, not as different', async () => {
  const campaign = await aCampaign(await aFurnishedTwin({ designate: true }));
  const zone = aResource('dns_zone', { id: 'z1', name: 'example.org.' });
  await campaign.ensure(zone);
  const set = aResource('dns_record_set', { id: 's1', zone_id: 'z1', name: 'www.example.org.', records: ['203.0.113.1'] });
  const context = { ...campaign.context(set), claimed: true, mappings: rewriting, resources: () => all };
  const { id, differences } = await campaign.cloud.ensure(set, context);
  expect(differences).toEqual({ fatal: [], told: [] });
  const { verdicts } = await campaign.cloud.likeness(set, id, context);
  expect(verdicts.find(({ attribute }) => attribute === 'records')?.is).toBe('mapped');
  expect(await campaign.cloud.differences(set, id, { ...context, mappings })).toMatchObject({
    fatal: ['records is ["198.51.100.1"], not ["203.0.113.1"]'],
  });
  expect(await campaign.cloud.find(set, context)).toBe(id);
  expect(campaign.built.has(refOf('dns_zone', 'z1'))).toBe(true);
});

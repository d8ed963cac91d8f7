import { expect, test } from 'vitest';
import type { Mappings } from '../../../../../../shared/model/mappings.ts';
import type { Resource } from '../../../../../../shared/model/resource.ts';
import { aResource } from '../../../../../support/build.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';
import { aRecordSet, aZone } from './a-zone.ts';

const zone = aResource('dns_zone', { id: 'z1', name: 'example.org.' });
const setOf = (id: string, records: readonly string[]) =>
  aResource('dns_record_set', { id, name: `${id}.example.org.`, zone_id: 'z1', records });

/** What preflight says of zones, and what becomes of them. */
async function lookedAt(resources: readonly Resource[], more: Partial<Mappings>, set: Record<string, number>, user?: 'admin') {
  const twin = await aFurnishedTwin({ designate: true });
  const demo = await aHand(twin);
  const before = await aZone(demo);
  await aRecordSet(demo, before, { name: 'www.example.org.', records: ['203.0.113.1', '203.0.113.2'] });
  await aZone(await aHand(twin, 'admin'), { name: 'theirs.net.' });
  twin.faults.set([{ do: 'quota', service: 'dns', set }]);
  const { cloud, tenant } = await aCampaign(twin, user);
  const mappings = { ...tenant.mappings, ...more };
  const { concerns, decisions } = await cloud.preflight(resources, mappings, AbortSignal.timeout(15_000));
  const own = concerns.filter(({ code }) => /dns_|zone|recordset|mapping/.test(code));
  return {
    codes: own.map(({ code, severity }) => `${severity} ${code}`),
    says: own.map(({ says }) => says),
    actions: decisions.map(({ ref, action }) => `${ref} ${action}`),
  };
}

const ontoIt = { dns_zones: { z1: { to: 'example.org.' } } };

test('a zone that the project has already blocks the plan until it is mapped; then what it lacks is made', async () => {
  const resources = [zone, setOf('www', ['203.0.113.2', '203.0.113.1']), setOf('mail', ['203.0.113.3'])];
  const unmapped = await lookedAt(resources, {}, {});
  expect(unmapped.codes).toEqual(['blocking dns_zone.exists', 'warning dns_zone.names_untold']);
  const mapped = await lookedAt(resources, ontoIt, {});
  expect(mapped.codes).toEqual([]);
  expect(mapped.actions).toEqual(['dns_zone/z1 adopt', 'dns_record_set/www adopt', 'dns_record_set/mail create']);
  const absent = await lookedAt(resources, { dns_zones: { z1: { to: 'elsewhere.org.' } } }, {});
  expect(absent.codes).toEqual(['blocking mapping.absent']);
});

test('other records of a mapped zone block the plan, and are named on both sides', async () => {
  const { codes, says } = await lookedAt([zone, setOf('www', ['203.0.113.9'])], ontoIt, {});
  expect(codes).toEqual(['blocking dns_record_set.differs']);
  expect(says[0]).toContain('www.example.org. A: 203.0.113.1, 203.0.113.2, not 203.0.113.9.');
});

test('an admin is told of a zone of another project that is in the way', async () => {
  const below = aResource('dns_zone', { id: 'z2', name: 'shop.theirs.net.' });
  expect((await lookedAt([below], {}, {})).codes).toEqual(['warning dns_zone.names_untold']);
  expect((await lookedAt([below], {}, {}, 'admin')).codes).toEqual(['blocking dns_zone.taken']);
});

test('quotas of the DNS service are held against what is made', async () => {
  const set = { zones: 1, zone_recordsets: 3, zone_records: 3, recordset_records: 1 };
  const fresh = aResource('dns_zone', { id: 'z1', name: 'new.org.' });
  const resources = [fresh, setOf('a', ['203.0.113.1', '203.0.113.2']), setOf('b', ['203.0.113.3', '203.0.113.4'])];
  const { codes, says } = await lookedAt(resources, {}, set);
  expect(codes.filter((code) => code.startsWith('blocking'))).toEqual([
    'blocking quota.zones',
    'blocking quota.zone_recordsets',
    'blocking quota.zone_records',
    'blocking quota.recordset_records',
  ]);
  expect(says).toContain('The DNS quota of zones is 1, and 2 are needed.');
  expect((await lookedAt(resources, {}, {})).codes).toEqual(['warning dns_zone.names_untold']);
});

test('a destination without DNS names every zone that it does not build', async () => {
  const resources = [zone, setOf('www', ['203.0.113.2'])];
  const twin = await aFurnishedTwin();
  const { cloud, tenant } = await aCampaign(twin);
  const { concerns, decisions } = await cloud.preflight(resources, tenant.mappings, AbortSignal.timeout(15_000));
  const told = concerns.find(({ code }) => code === 'dns_zone.no_service');
  expect(told?.says).toContain('not built there (1): example.org.');
  expect(decisions.map(({ action }) => action)).toEqual(['skip', 'skip']);
});

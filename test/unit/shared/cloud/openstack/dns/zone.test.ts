import { expect, test } from 'vitest';
import type { BuildContext } from '../../../../../../shared/cloud/destination-cloud.ts';
import type { ApiDnsZone } from '../../../../../../shared/cloud/openstack/dns/answers.ts';
import { type Resource, refOf } from '../../../../../../shared/model/resource.ts';
import { aResource } from '../../../../../support/build.ts';
import type { TwinOptions } from '../../../../../twin/twin.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';
import { aRecordSet, aZone, zonesOf } from './a-zone.ts';

const patience = () => ({ timeoutMs: 10_000, signal: AbortSignal.timeout(15_000) });
const servers = 'example.org. NS ns1.regionone.example.net.';

const zone = aResource('dns_zone', { id: 'z1', name: 'example.org.', email: 'host@example.org', ttl: 600, description: 'shop' });
const www = aResource('dns_record_set', { id: 'r1', name: 'www.example.org.', zone_id: 'z1', ttl: 60, needs: ['dns_zone/z1'] });
const zoneRef = refOf('dns_zone', 'z1');
const wwwRef = refOf('dns_record_set', 'r1');

async function aPlace(options: Partial<TwinOptions> = { designate: true }) {
  const twin = await aFurnishedTwin(options);
  const campaign = await aCampaign(twin);
  const demo = await aHand(twin);
  const ensure = (one: Resource, more: Partial<BuildContext> = {}) =>
    campaign.cloud.ensure(one, { ...campaign.context(one), claimed: true, ...more }).then((made) => {
      campaign.built.set(refOf(one.kind, one.id), made);
      return made;
    });
  return { twin, campaign, demo, ensure };
}

test('a zone and its record sets are made as they were, compared, found again, and removed', async () => {
  const { campaign, demo, ensure } = await aPlace();
  expect(await campaign.cloud.occupied(zone, campaign.context(zone))).toBe(false);
  const made = await ensure(zone);
  expect(made).toMatchObject({ how: 'created', differences: { fatal: [], told: [] } });
  expect(await ensure(zone)).toMatchObject({ id: made.id, how: 'found' });
  const set = await ensure(www);
  expect(set).toMatchObject({ how: 'created', differences: { fatal: [], told: [] } });
  expect(await zonesOf(demo)).toEqual({ 'example.org.': [servers, 'www.example.org. A 203.0.113.9'] });
  expect(await ensure(www)).toMatchObject({ id: set.id, how: 'found' });
  const likeness = await campaign.cloud.likeness(www, set.id, campaign.context(www));
  expect(likeness.verdicts.filter(({ is }) => is === 'different')).toEqual([]);
  expect(await campaign.cloud.isThere(zoneRef, made.id, patience().signal)).toBe(true);
  expect(await campaign.cloud.remove(wwwRef, set.id, campaign.id, patience())).toBe(true);
  expect(await campaign.cloud.remove(zoneRef, made.id, campaign.id, patience())).toBe(true);
  expect(await campaign.cloud.remove(zoneRef, made.id, campaign.id, patience())).toBe(false);
  expect(await zonesOf(demo)).toEqual({});
});

test('a zone that was there before is neither taken nor changed, unless the plan maps to it', async () => {
  const { campaign, demo, ensure } = await aPlace();
  const before = await aZone(demo);
  await aRecordSet(demo, before, { name: 'www.example.org.', records: ['203.0.113.77'] });
  expect(await campaign.cloud.occupied(zone, campaign.context(zone))).toBe(true);
  await expect(ensure(zone, { claimed: false })).rejects.toThrow('The project has a DNS zone example.org. at the destination');
  const mappings = { ...campaign.tenant.mappings, dns_zones: { z1: { to: 'example.org.' } } };
  expect(await ensure(zone, { claimed: false, mappings })).toMatchObject({ id: before.id, how: 'adopted' });
  const kept = await ensure(www, { mappings });
  expect(kept).toMatchObject({ how: 'adopted', differences: { fatal: [expect.stringContaining('ttl'), expect.anything()] } });
  const mail = aResource('dns_record_set', { id: 'r2', name: 'mail.example.org.', zone_id: 'z1' });
  expect(await ensure(mail, { mappings })).toMatchObject({ how: 'created' });
  expect(await zonesOf(demo)).toEqual({
    'example.org.': [servers, 'mail.example.org. A 203.0.113.9', 'www.example.org. A 203.0.113.77'],
  });
});

test.each([
  ['of another address', { email: 'someone@example.net' }, []],
  ['with record sets', { ttl: 600, description: 'shop' }, ['new.example.org.']],
  ['that is a secondary one', { type: 'SECONDARY', email: undefined, masters: ['192.0.2.1'] }, []],
])('a zone %s that a user made after ours was refused is neither found nor taken', async (_what, fields, names) => {
  const { campaign, demo, ensure } = await aPlace();
  const body = { name: 'example.org.', email: 'host@example.org', ...fields };
  const theirs = await demo.ask<ApiDnsZone>('POST', 'dns', '/zones', body);
  for (const name of names) await aRecordSet(demo, theirs, { name, records: ['203.0.113.5'] });
  expect(await campaign.cloud.find(zone, { ...campaign.context(zone), claimed: true })).toBeNull();
  await expect(ensure(zone)).rejects.toMatchObject({ code: 'E_CONFLICT' });
});

test('a zone that the plan maps is found as nobody’s, also where a user made it after that', async () => {
  const { campaign, demo, ensure } = await aPlace();
  const mappings = { ...campaign.tenant.mappings, dns_zones: { z1: { to: 'example.org.' } } };
  await expect(ensure(zone, { mappings })).rejects.toThrow('does not exist');
  await aZone(demo, { ttl: 600, description: 'shop' });
  expect(await campaign.cloud.find(zone, { ...campaign.context(zone), mappings, claimed: true })).toBeNull();
});

test('a zone whose deletion ended in an error is deleted anew', async () => {
  const { twin, campaign, demo, ensure } = await aPlace();
  const { id } = await ensure(zone);
  twin.faults.set([{ do: 'zone-error', name: 'example.org', times: 1 }]);
  await expect(campaign.cloud.remove(zoneRef, id, campaign.id, patience())).rejects.toMatchObject({ code: 'E_SERVER_FAULT' });
  expect(await campaign.cloud.remove(zoneRef, id, campaign.id, patience())).toBe(true);
  expect(await zonesOf(demo)).toEqual({});
});

test.each(['/zones$', '/recordsets$'])('what %s made without an answer is found, and made once', async (path) => {
  const { twin, campaign, demo, ensure } = await aPlace();
  twin.faults.set([{ do: 'lost-answer', times: 1, match: { service: 'dns', method: 'POST', path } }]);
  const made = await ensure(zone);
  expect(await campaign.cloud.find(zone, { ...campaign.context(zone), claimed: true })).toBe(made.id);
  await ensure(www);
  expect(await campaign.cloud.find(zone, campaign.context(zone))).toBeNull();
  expect(await campaign.cloud.find(www, campaign.context(www))).toBeNull();
  expect(await zonesOf(demo)).toEqual({ 'example.org.': [servers, 'www.example.org. A 203.0.113.9'] });
});

test('name servers that do not take a zone stop its build, and a repetition finds it', async () => {
  const { twin, demo, ensure } = await aPlace();
  twin.faults.set([{ do: 'zone-error', name: 'example.org', times: 1 }]);
  await expect(ensure(zone)).rejects.toMatchObject({ code: 'E_SERVER_FAULT', message: expect.stringContaining('example.org.') });
  const { zones } = await demo.ask<{ zones: readonly ApiDnsZone[] }>('GET', 'dns', '/zones');
  expect(zones.map(({ name, status }) => `${name} ${status}`)).toEqual(['example.org. ERROR']);
  // Its owner sends it to them once more.
  await demo.ask('PATCH', 'dns', `/zones/${zones[0]?.id}`, { ttl: 600 });
  expect(await ensure(zone)).toMatchObject({ id: zones[0]?.id, how: 'found', differences: { fatal: [] } });
  expect(await zonesOf(demo)).toEqual({ 'example.org.': [servers] });
});

test('a zone is not removed with record sets that others put into it, and these are told', async () => {
  const { campaign, demo, ensure } = await aPlace();
  const { id } = await ensure(zone);
  const theirs = await aRecordSet(demo, { id } as ApiDnsZone, { name: 'new.example.org.', records: ['203.0.113.5'] });
  const things = { idOf: () => id, has: () => false };
  const strangers = await campaign.cloud.strangers([zoneRef], things, patience().signal);
  expect(strangers).toEqual([{ ref: zoneRef, says: 'record set new.example.org. A' }]);
  await expect(campaign.cloud.remove(zoneRef, id, campaign.id, patience())).rejects.toThrow('new.example.org. A');
  await demo.ask('DELETE', 'dns', `/zones/${id}/recordsets/${theirs.id}`);
  expect(await campaign.cloud.remove(zoneRef, id, campaign.id, patience())).toBe(true);
});

test('a secondary zone is made with its masters alone, and not waited for', async () => {
  const { demo, ensure } = await aPlace();
  const copy = aResource('dns_zone', { name: 'copy.org.', type: 'SECONDARY', email: null, ttl: null, masters: ['192.0.2.1:53'] });
  expect(await ensure(copy)).toMatchObject({ how: 'created', differences: { fatal: [] } });
  const { zones } = await demo.ask<{ zones: readonly ApiDnsZone[] }>('GET', 'dns', '/zones');
  expect(zones[0]).toMatchObject({ type: 'SECONDARY', masters: ['192.0.2.1'] });
});

test('where the destination has no DNS nothing is built, and that is told', async () => {
  const { campaign, ensure } = await aPlace({});
  for (const one of [zone, www]) {
    expect(await campaign.cloud.occupied(one, campaign.context(one))).toBe(false);
    const { how, differences } = await ensure(one);
    expect({ how, fatal: differences.fatal }).toEqual({
      how: 'adopted',
      fatal: ['it is not built: the destination has no DNS service'],
    });
  }
});

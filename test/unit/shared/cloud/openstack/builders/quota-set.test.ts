import { expect, onTestFinished, test } from 'vitest';
import type { BuildContext } from '../../../../../../shared/cloud/destination-cloud.ts';
import { OpenStackDestination } from '../../../../../../shared/cloud/openstack/destination.ts';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { type ResourceOf, refOf } from '../../../../../../shared/model/resource.ts';
import { accessTo, type Hand } from '../../../../../conformance/furnish.ts';
import { aResource } from '../../../../../support/build.ts';
import { aCampaign, aFurnishedTwin, aHand, type Campaign } from '../a-destination.ts';

const patience = () => ({ timeoutMs: 10_000, signal: AbortSignal.timeout(10_000) });
const soon = () => AbortSignal.timeout(15_000);

const services = {
  compute: { path: '/os-quota-sets', key: 'quota_set' },
  network: { path: '/quotas', key: 'quota' },
  volume: { path: '/os-quota-sets', key: 'quota_set' },
} as const;
type Service = keyof typeof services;

async function limitsOf(hand: Hand, service: Service): Promise<Record<string, number>> {
  const { path, key } = services[service];
  const { projectId } = await hand.session.token(soon());
  return (await hand.ask<Record<string, Record<string, number>>>('GET', service, `${path}/${projectId}`))[key] ?? {};
}

async function setLimits(hand: Hand, service: Service, limits: object): Promise<void> {
  const { path, key } = services[service];
  const { projectId } = await hand.session.token(soon());
  await hand.ask('PUT', service, `${path}/${projectId}`, { [key]: limits });
}

/** The context of what the ledger noted before the first call. */
async function noted(campaign: Campaign, set: ResourceOf<'quota_set'>): Promise<BuildContext> {
  const context = campaign.context(set);
  return { ...context, replaced: await campaign.cloud.replaces?.(set, context) };
}

test.each([
  ['compute', 'cores', 'instances'],
  ['network', 'port', 'router'],
  ['volume', 'gigabytes', 'volumes'],
] as const)('quotas of the %s service that are lower are raised, once, and put back', async (service, lower, higher) => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin, 'admin');
  const hand = await aHand(twin, 'admin', 'demo');
  await setLimits(hand, service, { [lower]: 30, [higher]: 70 });
  const before = await limitsOf(hand, service);
  const set = aResource('quota_set', { id: service, limits: { [lower]: 4000, [higher]: 60, 'made up': 9 } });
  const context = await noted(campaign, set);
  expect(context.replaced).toEqual({ [lower]: { was: 30, is: 4000 } });
  const { differences, how } = await campaign.cloud.ensure(set, context);
  expect([how, differences]).toEqual(['created', { fatal: [], told: [] }]);
  expect(await campaign.cloud.ensure(set, context)).toMatchObject({ id: service, how: 'found' });
  expect(await limitsOf(hand, service)).toEqual({ ...before, [lower]: 4000 });
  const remove = () => campaign.cloud.remove(refOf('quota_set', service), service, campaign.id, patience(), context.replaced);
  expect(await remove()).toBe(true);
  expect(await limitsOf(hand, service)).toEqual(before);
  expect(await remove()).toBe(false);
});

test('quotas are raised as far as the receiver allows, and further is refused before anything is written', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin, 'admin');
  const hand = await aHand(twin, 'admin', 'demo');
  await setLimits(hand, 'compute', { cores: 30, instances: 30 });
  const before = await limitsOf(hand, 'compute');
  const ensured = async (quotas: boolean | Record<string, number>, limits: Record<string, number>) => {
    const settings = { disk_format: 'qcow2', uploads: 1, allow: { quotas, public_images: true } } as const;
    const cloud = new OpenStackDestination(await accessTo(twin.authUrl, 'admin', 'demo'), settings);
    onTestFinished(() => cloud.close());
    const set = aResource('quota_set', { id: 'compute', limits });
    return cloud.ensure(set, campaign.context(set));
  };
  const refusal = { code: 'E_FORBIDDEN', message: expect.stringContaining('does not allow to raise quotas so far') };
  await expect(ensured(false, { cores: 31 })).rejects.toMatchObject(refusal);
  await expect(ensured({ cores: 40 }, { cores: 41 })).rejects.toMatchObject(refusal);
  await expect(ensured({ cores: 40 }, { cores: -1 })).rejects.toMatchObject(refusal);
  await expect(ensured({ cores: 40 }, { cores: 40, instances: 31 })).rejects.toMatchObject(refusal);
  expect(await limitsOf(hand, 'compute')).toEqual(before);
  expect(await ensured({ cores: 40, instances: -1 }, { cores: 40, instances: -1 })).toMatchObject({ how: 'created' });
  expect(await limitsOf(hand, 'compute')).toEqual({ ...before, cores: 40, instances: -1 });
});

test('a quota that somebody changed since stays as it is', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin, 'admin');
  const hand = await aHand(twin, 'admin', 'demo');
  await setLimits(hand, 'compute', { cores: 30, instances: 30 });
  const set = aResource('quota_set', { id: 'compute', limits: { cores: 40, instances: -1 } });
  const context = await noted(campaign, set);
  await campaign.cloud.ensure(set, context);
  await setLimits(hand, 'compute', { cores: 35 });
  await campaign.cloud.remove(refOf('quota_set', 'compute'), 'compute', campaign.id, patience(), context.replaced);
  expect(await limitsOf(hand, 'compute')).toMatchObject({ cores: 35, instances: 30 });
});

test.each([
  ['compute', 'server_groups', '/os-server-groups', { server_group: { name: 'theirs', policy: 'affinity' } }, false],
  ['network', 'network', '/networks', { network: { name: 'theirs' } }, false],
  ['network', 'network', '/networks', { network: { name: 'theirs' } }, true],
] as const)(
  'a quota of the %s service is put back, but not below what the project uses by now',
  async (service, name, path, body, checksQuotas) => {
    const twin = await aFurnishedTwin({ checksQuotas });
    const campaign = await aCampaign(twin, 'admin');
    const hand = await aHand(twin, 'admin', 'demo');
    await setLimits(hand, service, { [name]: 0 });
    const set = aResource('quota_set', { id: service, limits: { [name]: 5 } });
    const context = await noted(campaign, set);
    await campaign.cloud.ensure(set, context);
    await hand.ask('POST', service, path, body);
    await campaign.cloud.remove(refOf('quota_set', service), service, campaign.id, patience(), context.replaced);
    expect(await limitsOf(hand, service)).toMatchObject({ [name]: 1 });
  },
);

test('of an answer that was lost the ledger’s note is enough to put everything back', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin, 'admin');
  const hand = await aHand(twin, 'admin', 'demo');
  await setLimits(hand, 'compute', { cores: 30 });
  const set = aResource('quota_set', { id: 'compute', limits: { cores: 40 } });
  const context = await noted(campaign, set);
  twin.faults.set([{ do: 'lost-answer', times: 9, match: { method: 'PUT', path: '/os-quota-sets' } }]);
  await campaign.cloud.ensure(set, context).catch(() => undefined);
  twin.faults.set([]);
  expect(await limitsOf(hand, 'compute')).toMatchObject({ cores: 40 });
  expect(await campaign.cloud.find(set, context)).toBe('compute');
  await campaign.cloud.remove(refOf('quota_set', 'compute'), 'compute', campaign.id, patience(), context.replaced);
  expect(await limitsOf(hand, 'compute')).toMatchObject({ cores: 30 });
});

test('the quotas of a whole project are captured', async () => {
  const twin = await aFurnishedTwin();
  const hand = await aHand(twin, 'admin', 'demo');
  await setLimits(hand, 'compute', { cores: 17 });
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const { document } = await source.inventory({ servers: [] }, soon());
  expect(document.quota_sets.map(({ id }) => id)).toEqual(['compute', 'network', 'volume']);
  expect(document.quota_sets[0]?.limits).toMatchObject({ cores: 17 });
});

test('room that the plan makes by raising a quota does not block it', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin, 'admin');
  await setLimits(await aHand(twin, 'admin', 'demo'), 'network', { router: 0 });
  const set = aResource('quota_set', { id: 'network', limits: { router: 10 } });
  const look = async (quotas?: 'carry') => {
    const mappings = { ...campaign.tenant.mappings, ...(quotas === undefined ? {} : { quotas }) };
    const { concerns, decisions } = await campaign.cloud.preflight([...campaign.tenant.resources, set], mappings, soon());
    const codes = concerns.map(({ code }) => code).filter((code) => code === 'quota.router' || code.startsWith('quota_set'));
    return [...codes, decisions.find(({ ref }) => ref === 'quota_set/network')?.action];
  };
  expect(await look()).toEqual(['quota_set.lower', 'quota.router', 'skip']);
  expect(await look('carry')).toEqual(['create']);
});

import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { resourcesOf } from '../../../../../../shared/model/configurations.ts';
import { type Ref, type Resource, refOf } from '../../../../../../shared/model/resource.ts';
import { accessTo, type Hand } from '../../../../../conformance/furnish.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

interface Made {
  readonly id: string;
  readonly name: string;
}

const patience = () => ({ timeoutMs: 10_000, signal: AbortSignal.timeout(10_000) });

async function post(hand: Hand, path: string, key: string, body: object): Promise<Made> {
  return (await hand.ask<Record<string, Made>>('POST', 'network', path, { [key]: body }))[key] as Made;
}

async function namesOf(hand: Hand, path: string, key: string): Promise<string[]> {
  return ((await hand.ask<Record<string, Made[]>>('GET', 'network', path))[key] ?? []).map(({ name }) => name).sort();
}

async function captured(authUrl: string) {
  const source = new OpenStackSource(await accessTo(authUrl, 'demo'));
  onTestFinished(() => source.close());
  return source.inventory({ servers: [] }, AbortSignal.timeout(15_000));
}

test('an address scope carries its stamp at the end of its name until the commit takes it', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const scope = campaign.tenant.get('address_scope');
  const ref = refOf('address_scope', scope.id);
  twin.faults.set([{ do: 'lost-answer', times: 1, match: { method: 'POST', path: '/address-scopes' } }]);
  const { id, differences } = await campaign.ensure(scope);
  expect(differences).toEqual({ fatal: [], told: [] });
  const names = () => namesOf(hand, '/address-scopes', 'address_scopes');
  expect(await names()).toEqual([`${scope.name} (godwit ${campaign.id} ${ref})`]);
  await campaign.cloud.unstamp(ref, id, campaign.id, patience());
  expect(await names()).toEqual([scope.name]);
  await expect(campaign.cloud.remove(ref, id, campaign.id, patience())).rejects.toMatchObject({ code: 'E_FORBIDDEN' });
});

test('subnets move with their pool, the pool with its scope, and a later campaign adopts all of it', async () => {
  const from = await aFurnishedTwin();
  const there = await aHand(from);
  const scope = await post(there, '/address-scopes', 'address_scope', { name: 'plant', ip_version: 4 });
  const ranges = { name: 'halls', description: 'by hall', prefixes: ['10.60.0.0/16'], default_prefixlen: 26, default_quota: 512 };
  const pool = await post(there, '/subnetpools', 'subnetpool', { ...ranges, address_scope_id: scope.id });
  const network = await post(there, '/networks', 'network', { name: 'hall' });
  const range = { network_id: network.id, ip_version: 4, subnetpool_id: pool.id };
  await post(there, '/subnets', 'subnet', { ...range, cidr: '10.60.1.0/24', name: 'one' });
  await post(there, '/subnets', 'subnet', { ...range, cidr: '10.60.2.0/24', name: 'two' });
  const { document, concerns } = await captured(from.authUrl);
  expect(concerns.map(({ code }) => code).filter((code) => /pool|scope/.test(code))).toEqual([]);
  expect(document.subnet_pools).toMatchObject([{ ...ranges, min_prefixlen: 8, address_scope_id: scope.id }]);
  expect(document.subnets.map(({ subnetpool_id }) => subnetpool_id)).toEqual([pool.id, pool.id]);

  const to = await aFurnishedTwin();
  const campaign = await aCampaign(to);
  const order = ['network', 'address_scope', 'subnet_pool', 'subnet'];
  const resources = order.flatMap((kind) => resourcesOf(document).filter((one) => one.kind === kind));
  const resource = (ref: Ref) => resources.find(({ kind, id }) => refOf(kind, id) === ref) as Resource;
  for (const one of resources) {
    const built = await campaign.cloud.ensure(one, { ...campaign.context(one), resource, resources: () => resources });
    expect([built.how, built.differences]).toEqual(['created', { fatal: [], told: [] }]);
    campaign.built.set(refOf(one.kind, one.id), built);
  }
  const toIt = (ref: Ref) => ({ to: campaign.built.get(ref)?.id ?? '' });
  const mappings = {
    ...campaign.tenant.mappings,
    networks: { ...campaign.tenant.mappings.networks, [network.id]: toIt(refOf('network', network.id)) },
    address_scopes: { [scope.id]: toIt(refOf('address_scope', scope.id)) },
    subnet_pools: { [pool.id]: toIt(refOf('subnet_pool', pool.id)) },
  };
  const again = await campaign.cloud.preflight(resources, mappings, AbortSignal.timeout(15_000));
  expect(again.decisions.filter(({ action }) => action !== 'adopt')).toEqual([]);
  for (const one of resources.toReversed()) {
    const ref = refOf(one.kind, one.id);
    expect(await campaign.cloud.remove(ref, campaign.built.get(ref)?.id ?? '', campaign.id, patience())).toBe(true);
  }
  const hand = await aHand(to);
  expect(await namesOf(hand, '/subnetpools', 'subnetpools')).toEqual([]);
  expect(await namesOf(hand, '/address-scopes', 'address_scopes')).toEqual([]);
});

test('a subnet of a shared pool of another project is created with its range, and told', async () => {
  const from = await aFurnishedTwin();
  const admin = await aHand(from, 'admin');
  const there = await aHand(from);
  const pool = await post(admin, '/subnetpools', 'subnetpool', { name: 'all', prefixes: ['10.60.0.0/16'], shared: true });
  const network = await post(there, '/networks', 'network', { name: 'hall' });
  const subnet = { network_id: network.id, ip_version: 4, subnetpool_id: pool.id, cidr: '10.60.1.0/24' };
  const made = await post(there, '/subnets', 'subnet', subnet);
  const { document, concerns } = await captured(from.authUrl);
  expect(document.subnet_pools).toEqual([]);
  expect(document.subnets.find(({ id }) => id === made.id)).toMatchObject({ cidr: '10.60.1.0/24', subnetpool_id: null });
  expect(concerns).toContainEqual(expect.objectContaining({ code: 'subnet.pool_left', about: `subnet/${made.id}` }));
});

import { expect, test } from 'vitest';
import { Site } from '../../../../../../shared/cloud/openstack/builders/site.ts';
import { listKeypairs } from '../../../../../../shared/cloud/openstack/facts/facts.ts';
import { readQuotas } from '../../../../../../shared/cloud/openstack/facts/quotas.ts';
import { quotas } from '../../../../../../shared/cloud/openstack/preflight/quota-rule.ts';
import { type DestinationState, readView, viewOf } from '../../../../../../shared/cloud/openstack/preflight/view.ts';
import type { Mappings } from '../../../../../../shared/model/mappings.ts';
import { portThere } from '../../../../../support/concerns/look.ts';
import { aCampaign, aFurnishedTwin, aHand, type Campaign } from '../a-destination.ts';

type StateOf = (read: DestinationState) => Partial<DestinationState>;
type MappingsOf = (campaign: Campaign) => Partial<Mappings>;

/** How many more of a resource are needed than a quota of 0 has; of the sample tenant at a twin. */
async function needed(quota: string, destination: StateOf = () => ({}), mappings: MappingsOf = () => ({})): Promise<number> {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const { tenant } = campaign;
  const site = new Site((await aHand(twin)).session);
  const every = { ...tenant.mappings, ...mappings(campaign) };
  const read = await readView(site, tenant.resources, every, AbortSignal.timeout(10_000));
  const told = { ...read, quotas: { [quota]: { limit: 0, used: 0 } }, ...destination(read) };
  const [concern] = quotas(viewOf(told, tenant.resources, every));
  return Number(/(\d+) more are needed/.exec(concern?.says ?? '')?.[1] ?? 0);
}

test('ports are counted with those that the cloud makes on each new network: one of DHCP where nothing is known', async () => {
  expect(await needed('port')).toBe(2 + 2 + 1);
});

test('where networks of the project have two DHCP ports each, so will the new one', async () => {
  const dhcp = ['10.0.0.2', '10.0.0.3'].map((address) => portThere(address, { device_owner: 'network:dhcp' }));
  expect(await needed('port', () => ({ cloudPorts: dhcp }))).toBe(2 + 2 + 2);
});

test('OVN has a port of its own on each new network, and no DHCP agent', async () => {
  const own = [portThere('10.0.0.2', { device_owner: 'network:distributed' })];
  expect(await needed('port', () => ({ cloudPorts: own }))).toBe(2 + 2 + 1);
});

test('what is adopted takes no quota: a mapped router, an own floating IP', async () => {
  expect([await needed('router'), await needed('floatingip')]).toEqual([1, 1]);
  const router = { id: 'r', project_id: 'p', name: 'there' };
  expect(
    await needed(
      'router',
      () => ({ routers: [router] }),
      ({ tenant }) => ({ routers: { [tenant.get('router').id]: { to: 'r' } } }),
    ),
  ).toBe(0);
  const own = { id: 'f', floating_network_id: 'ext', floating_ip_address: '172.24.10.9', port_id: null };
  const same: MappingsOf = ({ tenant }) => ({ floating_ips: { [tenant.get('floating_ip').id]: { to: '172.24.10.9' } } });
  expect(
    await needed(
      'floatingip',
      ({ projectId }) => ({ floatingIps: [{ ...own, project_id: projectId, fixed_ip_address: null, router_id: null }] }),
      same,
    ),
  ).toBe(0);
});

test('server groups are counted, and the servers of each with those that an equal group has already', async () => {
  expect([await needed('server_groups'), await needed('server_group_members')]).toEqual([1, 2]);
  const equal = (campaign: Campaign) => ({ ...campaign.tenant.get('server_group'), id: 'there', members: ['a', 'b', 'c'] });
  const there = equal(await aCampaign(await aFurnishedTwin()));
  const withOne: StateOf = () => ({ serverGroups: [there] });
  const mapped: MappingsOf = ({ tenant }) => ({ server_groups: { [tenant.get('server_group').id]: { to: 'there' } } });
  expect(await needed('server_groups', withOne, mapped)).toBe(0);
  expect(await needed('server_group_members', withOne, mapped)).toBe(5);
});

test('keypairs are counted by the user that has them, for Nova tells none as used', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const { public_key } = campaign.tenant.get('keypair');
  await hand.ask('POST', 'compute', '/os-keypairs', { keypair: { name: 'another', public_key } });
  const codes = async (key_pairs: number): Promise<string[]> => {
    twin.faults.set([{ do: 'quota', service: 'compute', project: 'demo', set: { key_pairs } }]);
    const { resources, mappings } = campaign.tenant;
    const { concerns } = await campaign.cloud.preflight(resources, mappings, AbortSignal.timeout(10_000));
    return concerns.map(({ code }) => code);
  };
  expect(await codes(1)).toEqual(['quota.key_pairs']);
  expect(await codes(2)).toEqual([]);
});

test('no more images are uploaded at once than the receiver uploads, or there are disks', async () => {
  expect(await needed('image_count_uploading', () => ({ uploads: 1 }))).toBe(1);
  expect(await needed('image_count_uploading', () => ({ uploads: 9 }))).toBe(2);
});

test('a user who may not read Nova’s quotas reads its limits', async () => {
  const twin = await aFurnishedTwin();
  const { session } = await aHand(twin);
  const before = await readQuotas(session, AbortSignal.timeout(10_000));
  twin.faults.set([{ do: 'status', status: 403, match: { service: 'compute', path: '/os-quota-sets/' } }]);
  expect(await readQuotas(session, AbortSignal.timeout(10_000))).toEqual(before);
});

test('keypairs are read to their last page', async () => {
  const twin = await aFurnishedTwin({ pageSize: 1 });
  const hand = await aHand(twin);
  const { public_key } = (await aCampaign(twin)).tenant.get('keypair');
  for (const name of ['one', 'two', 'three'])
    await hand.ask('POST', 'compute', '/os-keypairs', { keypair: { name, public_key } });
  const found = await listKeypairs(hand.session, AbortSignal.timeout(10_000));
  expect(found.map(({ name }) => name)).toEqual(['one', 'three', 'two']);
});

import { expect, test } from 'vitest';
import type { BuiltThings } from '../../../../../../shared/cloud/destination-cloud.ts';
import { type Kind, type Ref, refOf } from '../../../../../../shared/model/resource.ts';
import { aCampaign, aFurnishedTwin, aHand, type Campaign } from '../a-destination.ts';

/** What a campaign built, by its own record. */
function thingsOf({ built }: Campaign): BuiltThings {
  const ids = new Set([...built.values()].map(({ id }) => id));
  return { idOf: (ref) => built.get(ref)?.id ?? null, has: (id) => ids.has(id) };
}

async function strangersOf(campaign: Campaign, except: readonly Kind[] = []): Promise<string[]> {
  const own = [...campaign.built].filter(([, { how }]) => how !== 'adopted').map(([ref]) => ref);
  const things = thingsOf(campaign);
  const idOf = (ref: Ref): string | null => (except.some((kind) => ref.startsWith(`${kind}/`)) ? null : things.idOf(ref));
  const found = await campaign.cloud.strangers(own, { ...things, idOf }, AbortSignal.timeout(20_000));
  return found.map(({ ref, says }) => `${ref.split('/')[0]}: ${says.replaceAll(/[\da-f-]{36}/g, 'ID')}`).sort();
}

test('what an owner puts into what was built is found, and what was built is none of it', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  await campaign.ensureAll();
  expect(await strangersOf(campaign)).toEqual([]);
  const { tenant } = campaign;
  const hand = await aHand(twin);
  const at = (kind: Kind, index = 0): string => campaign.built.get(refOf(kind, tenant.get(kind, index).id))?.id ?? '';
  const post = async (path: string, key: string, body: object): Promise<{ id: string }> => {
    const answer = await hand.ask<Record<string, { id: string }>>('POST', 'network', path, { [key]: body });
    return answer[key] ?? { id: '' };
  };
  const own = { network_id: at('network', 1), subnetpool_id: at('subnet_pool') };
  const subnet = await post('/subnets', 'subnet', { ...own, cidr: '10.199.60.0/24', ip_version: 4 });
  const rule = { security_group_id: at('security_group'), direction: 'ingress', protocol: 'tcp', ethertype: 'IPv4' };
  await post('/security-group-rules', 'security_group_rule', rule);
  await hand.ask('PUT', 'network', `/routers/${at('router')}/add_router_interface`, { subnet_id: subnet.id });
  const port = await post('/ports', 'port', { network_id: at('network', 1), fixed_ips: [{ subnet_id: subnet.id }] });
  await hand.ask('POST', 'compute', `/servers/${at('server')}/os-interface`, { interfaceAttachment: { port_id: port.id } });
  const outside = campaign.built.get(refOf('network', tenant.get('network').id))?.id;
  await post('/floatingips', 'floatingip', { floating_network_id: outside, port_id: at('port', 1) });
  expect(await strangersOf(campaign)).toEqual([
    'network: subnet 10.199.60.0/24 (ID)',
    expect.stringMatching(/^port: floating IP 172\.24\.10\.\d+$/),
    'router: interface 10.199.60.1 (port ID)',
    'security_group: ingress rule ID',
    expect.stringMatching(/^server: interface 10\.199\.60\.\d+ \(port ID\)$/),
  ]);
}, 60_000);

test('a gateway and routes that a router was not given are found', async () => {
  const campaign = await aCampaign(await aFurnishedTwin());
  await campaign.ensureAll(campaign.tenant.get('port'));
  expect(await strangersOf(campaign)).toEqual([]);
  expect(await strangersOf(campaign, ['gateway', 'routes'])).toEqual(['router: gateway to network ID', 'router: static routes']);
}, 60_000);

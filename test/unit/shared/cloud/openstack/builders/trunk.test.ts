import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { type Resource, refOf } from '../../../../../../shared/model/resource.ts';
import { accessTo } from '../../../../../conformance/furnish.ts';
import { aResource } from '../../../../../conformance/tenant.ts';
import { aCampaign, aFurnishedTwin, aHand, type Campaign } from '../a-destination.ts';

const patience = () => ({ timeoutMs: 10_000, signal: AbortSignal.timeout(10_000) });

/** A trunk on the second server's port in the sample tenant, with another port as VLAN 44. */
function aTrunkOf({ tenant }: Campaign, fields: object = {}) {
  const { network_id } = tenant.get('port', 1);
  const subnet = tenant.get('subnet');
  const subport = aResource('port', {
    id: crypto.randomUUID(),
    name: 'inner lan',
    network_id,
    mac_address: 'fa:16:3e:77:00:44',
    fixed_ips: [{ subnet_id: subnet.id, ip_address: '10.199.7.30' }],
  });
  const trunk = aResource('trunk', {
    id: crypto.randomUUID(),
    name: 'uplink',
    description: 'two lans',
    tags: ['wired'],
    port_id: tenant.get('port', 1).id,
    sub_ports: [{ port_id: subport.id, segmentation_type: 'vlan', segmentation_id: 44 }],
    ...fields,
  });
  return { subport, trunk };
}

/** Builds the sample tenant with a trunk, whose ports come before it and its server after it. */
async function built(campaign: Campaign, subport: Resource, trunk: Resource): Promise<void> {
  const before = new Set([
    'network',
    'address_scope',
    'subnet_pool',
    'subnet',
    'address_group',
    'security_group',
    'keypair',
    'server_group',
    'flavor',
  ]);
  const needed = campaign.tenant.resources.filter(({ kind }) => before.has(kind));
  const { tenant } = campaign;
  const port = tenant.get('port', 1);
  const server = tenant.get('server', 1);
  const disks = tenant.resources.filter(({ id }) => server.disks.includes(id));
  for (const one of [...needed, port, subport]) await campaign.ensure(one);
  expect((await campaign.ensure(trunk)).differences).toEqual({ fatal: [], told: [] });
  for (const one of [...disks, server]) await campaign.ensure(one);
}

test.each([
  ['that is up', true],
  ['that is down', false],
])(
  'a trunk %s is built before its server, as it was, and is removed after it and before its ports',
  async (_what, admin_state_up) => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const { subport, trunk } = aTrunkOf(campaign, { admin_state_up });
    await built(campaign, subport, trunk);
    expect(await campaign.ensure(trunk)).toMatchObject({ how: 'found', differences: { fatal: [], told: [] } });
    expect(await campaign.cloud.find(trunk, campaign.context(trunk))).toBe(campaign.built.get(refOf('trunk', trunk.id))?.id);
    const { server, port } = { server: campaign.tenant.get('server', 1), port: campaign.tenant.get('port', 1) };
    for (const { kind, id } of [server, trunk, subport, port]) {
      const ref = refOf(kind, id);
      expect(await campaign.cloud.remove(ref, campaign.built.get(ref)?.id ?? '', campaign.id, patience()), ref).toBe(true);
    }
  },
);

test('a server is captured with its trunk and subports, alone too, and a later campaign adopts the trunk', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const { subport, trunk } = aTrunkOf(campaign);
  await built(campaign, subport, trunk);
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  for (const servers of [[], [campaign.built.get(refOf('server', campaign.tenant.get('server', 1).id))?.id ?? '']]) {
    const { document, concerns } = await source.inventory({ servers }, AbortSignal.timeout(15_000));
    expect(concerns.filter(({ code }) => /trunk|port/.test(code) && code !== 'port.rights')).toEqual([]);
    const parent = campaign.built.get(refOf('port', campaign.tenant.get('port', 1).id))?.id;
    const child = campaign.built.get(refOf('port', subport.id))?.id;
    const sub_ports = [{ port_id: child, segmentation_type: 'vlan', segmentation_id: 44 }];
    expect(document.trunks).toMatchObject([{ name: 'uplink', tags: ['wired'], port_id: parent, sub_ports }]);
    expect(document.trunks[0]?.needs).toEqual([`port/${parent}`, `port/${child}`]);
    expect(document.ports.find(({ id }) => id === child)).toMatchObject({ device_id: '', device_owner: '' });
  }
  const mappings = { ...campaign.tenant.mappings, trunks: { [trunk.id]: { to: 'uplink' } } };
  const { decisions } = await campaign.cloud.preflight([subport, trunk], mappings, AbortSignal.timeout(15_000));
  expect(decisions.find(({ ref }) => ref === refOf('trunk', trunk.id))).toMatchObject({ action: 'adopt' });
});

test('a trunk blocks the plan where the destination has none', async () => {
  const twin = await aFurnishedTwin({ withoutExtensions: ['trunk'] });
  const campaign = await aCampaign(twin);
  const { subport, trunk } = aTrunkOf(campaign);
  const all = [...campaign.tenant.resources, subport, trunk];
  const { concerns } = await campaign.cloud.preflight(all, campaign.tenant.mappings, AbortSignal.timeout(15_000));
  expect(concerns.filter(({ severity }) => severity === 'blocking')).toMatchObject([
    { code: 'extension.absent', about: `trunk/${trunk.id}` },
  ]);
  const hand = await aHand(twin);
  await expect(hand.ask('GET', 'network', '/trunks')).rejects.toMatchObject({ code: 'E_CLOUD_REFUSED' });
});

import { describe, expect, test } from 'vitest';
import type { Mappings } from '../../../../../../shared/model/mappings.ts';
import type { Resource } from '../../../../../../shared/model/resource.ts';
import { aResource } from '../../../../../conformance/tenant.ts';
import { aCampaign, aFurnishedTwin, aHand, type Campaign } from '../a-destination.ts';

async function codes(
  campaign: Campaign,
  more: Partial<Mappings> = {},
  resources: readonly Resource[] = campaign.tenant.resources,
) {
  const signal = AbortSignal.timeout(10_000);
  const { concerns } = await campaign.cloud.preflight(resources, { ...campaign.tenant.mappings, ...more }, signal);
  const others = concerns.filter(({ code }) => code !== 'owner.changes');
  return others.map((concern) => `${concern.severity} ${concern.code}`);
}

describe('before a write, the destination is asked', () => {
  test('whether the quotas hold everything together', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    twin.faults.set([
      { do: 'quota', service: 'compute', project: 'demo', set: { instances: 1, ram: 300, key_pairs: 0 } },
      { do: 'quota', service: 'network', project: 'demo', set: { port: 3, security_group_rule: 4, floatingip: 0 } },
    ]);
    const found = await codes(campaign);
    expect(found).toEqual(
      expect.arrayContaining(
        ['instances', 'key_pairs', 'port', 'security_group_rule', 'floatingip'].map((name) => `blocking quota.${name}`),
      ),
    );
    expect(found).not.toContain('blocking quota.ram');
  });

  test('whether a keypair of the same name is the same', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const hand = await aHand(twin);
    const { id, public_key } = campaign.tenant.get('keypair');
    await hand.ask('POST', 'compute', '/os-keypairs', { keypair: { name: id, public_key: `${public_key}-else` } });
    expect(await codes(campaign)).toEqual([]);
    const other = campaign.tenant.resources.map((one) => (one.kind === 'keypair' ? { ...one, public_key: 'ssh-rsa AAAA' } : one));
    expect(await codes(campaign, {}, other)).toEqual(['blocking keypair.other_key']);
  });

  test('whether addresses may be chosen, lie inside and are free', async () => {
    const twin = await aFurnishedTwin();
    const member = await aCampaign(twin);
    const floating = member.tenant.get('floating_ip').id;
    const router = member.tenant.get('router').id;
    const want = (address: string): Partial<Mappings> => ({
      floating_ips: { [floating]: { to: address } },
      gateways: { [router]: { ip: address } },
    });
    expect(await codes(member, want('172.24.10.77'))).toEqual(['blocking gateway.rights', 'blocking floating_ip.rights']);
    const hand = await aHand(twin, 'admin', 'demo');
    const ext = member.tenant.mappings.networks[member.tenant.get('network').id]?.to;
    const taken = await hand.ask<{ floatingip: { id: string } }>('POST', 'network', '/floatingips', {
      floatingip: { floating_network_id: ext, floating_ip_address: '172.24.10.77' },
    });
    expect(await codes(member, { floating_ips: { [floating]: { to: '172.24.10.77' } } }), 'the project has it, unused').toEqual(
      [],
    );
    await hand.ask('DELETE', 'network', `/floatingips/${taken.floatingip.id}`);
  });

  test('whether an external address lies outside, and whether somebody has it, as an admin sees it', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin, 'admin', 'demo');
    const router = campaign.tenant.get('router').id;
    expect(await codes(campaign, { gateways: { [router]: { ip: '10.1.1.1' } } })).toEqual(['blocking gateway.address_outside']);
    expect(await codes(campaign, { gateways: { [router]: { ip: '172.24.10.1' } } })).toEqual(['blocking gateway.address_taken']);
    expect(await codes(campaign, { gateways: { [router]: { ip: '172.24.10.50' } } })).toEqual([]);
  });

  test('whether an external network has addresses left, as an admin is told', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin, 'admin', 'demo');
    const hand = await aHand(twin, 'admin', 'demo');
    const { networks } = await hand.ask<{ networks: { id: string; name: string; subnets: string[] }[] }>(
      'GET',
      'network',
      '/networks',
    );
    const ext = networks.find(({ name }) => name === 'ext');
    const pools = (end: string) =>
      hand.ask('PUT', 'network', `/subnets/${ext?.subnets[0]}`, {
        subnet: { allocation_pools: [{ start: '172.24.10.50', end }] },
      });
    await pools('172.24.10.51');
    expect(await codes(campaign)).toEqual([]);
    await pools('172.24.10.50');
    expect(await codes(campaign)).toEqual(['blocking network.addresses']);
    expect(await codes(await aCampaign(twin))).toEqual([]);
  });

  test('whether flavors stand for those of the source, are large enough, and may be created', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const flavor = campaign.tenant.get('flavor');
    const to = (name: string): Partial<Mappings> => ({ flavors: { [flavor.id]: { to: name } } });
    expect(await codes(campaign, to('create'))).toEqual(['blocking flavor.rights']);
    expect(await codes(campaign, { flavors: {} })).toEqual(['blocking flavor.missing']);
    const larger = campaign.tenant.resources.map((one) => {
      if (one.kind === 'flavor') return { ...one, ram: 4096 };
      return one.kind === 'disk' ? { ...one, min_disk: 20 } : one;
    });
    const found = await codes(campaign, to('m1.tiny'), larger);
    expect(new Set(found)).toEqual(new Set(['warning flavor.smaller', 'blocking flavor.disk']));
  });

  test('whether a guest would lose hardware with the flavor that stands for its own, and how else that differs', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const admin = await aHand(twin, 'admin');
    const flavor = campaign.tenant.get('flavor');
    const sizes = { vcpus: flavor.vcpus, ram: flavor.ram, disk: flavor.disk };
    const made = await admin.ask<{ flavor: { id: string } }>('POST', 'compute', '/flavors', {
      flavor: { name: 'pinned', ...sizes, swap: 64 },
    });
    const extra_specs = { 'hw:cpu_policy': 'dedicated', 'pci_passthrough:alias': 'gpu:1' };
    await admin.ask('POST', 'compute', `/flavors/${made.flavor.id}/os-extra_specs`, { extra_specs });
    const as = (more: object): Resource[] =>
      campaign.tenant.resources.map((one) => (one.kind === 'flavor' ? { ...one, ...more } : one));
    const pinned = { flavors: { [flavor.id]: { to: 'pinned' } } };
    const plain = { flavors: { [flavor.id]: { to: 'm1.tiny' } } };
    expect(await codes(campaign, pinned, as({ extra_specs, swap: 64 })), 'equal').toEqual([]);
    expect(await codes(campaign, pinned), 'more than it had').toEqual(['warning flavor.differs']);
    expect(await codes(campaign, plain, as({ extra_specs })), 'without its device').toEqual([
      'blocking flavor.hardware',
      'warning flavor.differs',
    ]);
    expect(await codes(campaign, plain, as({ extra_specs: { 'hw:cpu_policy': 'dedicated' } }))).toEqual([
      'warning flavor.differs',
    ]);
    const renamed = { ...extra_specs, 'pci_passthrough:alias': 'a100:1' };
    expect(await codes(campaign, pinned, as({ extra_specs: renamed, swap: 64 })), 'a device of another name').toEqual([
      'warning flavor.differs',
    ]);
    expect(await codes(campaign, plain, as({ swap: 64 })), 'without its swap disk').toEqual(['blocking flavor.hardware']);
    expect(await codes(campaign, plain, as({ ephemeral: 2 })), 'without its ephemeral disk').toEqual([
      'blocking flavor.hardware',
    ]);
  });

  test('what an adopted network has in the way', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const hand = await aHand(twin);
    const { network } = await hand.ask<{ network: { id: string } }>('POST', 'network', '/networks', {
      network: { name: 'there' },
    });
    const own = campaign.tenant.get('network', 1).id;
    const mapped = { networks: { ...campaign.tenant.mappings.networks, [own]: { to: network.id } } };
    const legs = ['warning interface.address_at_source', 'warning interface.address_at_source'];
    expect(await codes(campaign, mapped)).toEqual(['blocking subnet.absent', 'blocking subnet.absent', ...legs]);
    for (const one of campaign.tenant.resources)
      if (one.kind === 'subnet') {
        const { cidr, gateway_ip, dns_nameservers, host_routes, enable_dhcp } = one;
        const allocation_pools = [{ start: cidr.replace('.0/24', '.210'), end: cidr.replace('.0/24', '.219') }];
        const subnet = { network_id: network.id, ip_version: 4, cidr, gateway_ip, dns_nameservers, host_routes, enable_dhcp };
        await hand.ask('POST', 'network', '/subnets', { subnet: { ...subnet, allocation_pools } });
      }
    expect(await codes(campaign, mapped)).toEqual(legs);
    await hand.ask('PUT', 'network', `/networks/${network.id}`, { network: { mtu: 1399 } });
    expect(await codes(campaign, mapped)).toEqual([...legs, 'warning network.mtu']);
    await hand.ask('PUT', 'network', `/networks/${network.id}`, { network: { mtu: 1450 } });
    await hand.ask('POST', 'network', '/ports', {
      port: { network_id: network.id, mac_address: 'fa:16:3e:77:00:12', fixed_ips: [{ ip_address: '10.199.7.2' }] },
    });
    expect(await codes(campaign, mapped)).toEqual(['blocking port.address_taken', 'blocking port.mac_taken', ...legs]);
  });

  test('whether its default group lets in what the source’s does not, and names that clouds refuse', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const group = aResource('security_group', { id: crypto.randomUUID(), name: 'default' });
    expect(await codes(campaign, {}, [group])).toEqual(['warning security_group.default_open']);
    const rule = aResource('security_group_rule', {
      id: crypto.randomUUID(),
      security_group_id: group.id,
      direction: 'ingress',
      protocol: 'tcp',
      port_range_min: 22,
      port_range_max: 22,
    });
    expect(await codes(campaign, {}, [group, rule])).toContain('warning security_group.default_widened');
    const there = aResource('security_group_rule', { id: crypto.randomUUID(), security_group_id: group.id, direction: 'egress' });
    expect(await codes(campaign, {}, [group, there])).not.toContain('warning security_group.default_widened');
    const emoji = aResource('network', { id: crypto.randomUUID(), name: 'net 🐦' });
    expect(await codes(campaign, {}, [emoji])).toEqual(['warning network.name']);
  });

  test('whether it knows every attribute that has a value', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const named = campaign.tenant.resources.map((one) => (one.kind === 'port' ? { ...one, dns_name: 'web' } : one));
    expect(await codes(campaign, {}, named)).toEqual(['warning port.unsupported_attribute']);
    const unseen = campaign.tenant.resources.map((one) =>
      one.kind === 'port' ? { ...one, propagate_uplink_status: false } : one,
    );
    expect(await codes(campaign, {}, unseen)).toEqual([]);
  });

  test.each([
    ['web-1', []],
    ['w', ['warning server.unsupported_attribute']],
    ['web_1', ['warning server.unsupported_attribute']],
    ['wéb', ['warning server.unsupported_attribute']],
    ['web.example.com', ['warning server.unsupported_attribute']],
  ])('whether it takes the host name %s', async (hostname, found) => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const named = campaign.tenant.resources.map((one) => (one.kind === 'server' ? { ...one, hostname } : one));
    expect(await codes(campaign, {}, named)).toEqual(found);
  });

  test('and nothing is written there', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const before = twin.requests.length;
    await codes(campaign);
    const writes = twin.requests
      .slice(before)
      .filter((request) => request.method !== 'GET' && !request.path.includes('/auth/tokens'));
    expect(writes).toEqual([]);
  });
});

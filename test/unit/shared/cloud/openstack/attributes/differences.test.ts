import { describe, expect, test } from 'vitest';
import type { Kind, Resource, ResourceOf } from '../../../../../../shared/model/resource.ts';
import { aCampaign, aFurnishedTwin, type Campaign } from '../a-destination.ts';

/** Builds everything up to the first server, and that too. */
async function built(campaign: Campaign): Promise<void> {
  await campaign.ensureAll(campaign.tenant.get('server'));
  await campaign.ensure(campaign.tenant.get('server'));
}

/** What differs where the source had other values than what was built. */
async function differ<K extends Kind>(
  campaign: Campaign,
  kind: K,
  index: number,
  fields: Partial<ResourceOf<K>>,
): Promise<string> {
  const resource = { ...campaign.tenant.get(kind, index), ...fields } as unknown as Resource;
  const id = campaign.built.get(`${kind}/${resource.id}`)?.id ?? '';
  const { fatal, told } = await campaign.cloud.differences(resource, id, campaign.context(resource));
  return [...fatal, ...told.map((one) => `told: ${one}`)].join('; ');
}

describe('what was built is compared, attribute by attribute', () => {
  test('with what was wanted of it', async () => {
    const campaign = await aCampaign(await aFurnishedTwin());
    await built(campaign);
    expect(await differ(campaign, 'port', 0, {})).toBe('');
    expect(await differ(campaign, 'port', 0, { binding_vnic_type: 'direct' })).toBe(
      'binding_vnic_type is "normal", not "direct"',
    );
    expect(await differ(campaign, 'port', 0, { extra_dhcp_opts: [] })).toMatch(/^extra_dhcp_opts is /);
    expect(await differ(campaign, 'subnet', 0, { service_types: ['compute:nova'] })).toBe(
      'service_types is [], not ["compute:nova"]',
    );
    expect(await differ(campaign, 'router', 0, { admin_state_up: false })).toBe('admin_state_up is true, not false');
    expect(await differ(campaign, 'disk', 0, { min_ram: 64 })).toBe('min_ram is 0, not 64');
    expect(await differ(campaign, 'server', 0, {})).toBe('');
    expect(await differ(campaign, 'server', 0, { disk_config: 'MANUAL' })).toBe('told: disk_config is "AUTO", not "MANUAL"');
  });

  test('where spelling and order mean nothing, not by them', async () => {
    const campaign = await aCampaign(await aFurnishedTwin());
    await built(campaign);
    const subnet = campaign.tenant.get('subnet');
    expect(await differ(campaign, 'subnet', 0, { allocation_pools: [...subnet.allocation_pools].reverse() })).toBe('');
    expect(await differ(campaign, 'subnet', 0, { dns_nameservers: [...subnet.dns_nameservers].reverse() })).toMatch(
      /^dns_nameservers/,
    );
    expect(await differ(campaign, 'port', 0, { mac_address: campaign.tenant.get('port').mac_address.toUpperCase() })).toBe('');
    expect(await differ(campaign, 'security_group_rule', 0, { protocol: '6' })).toBe('');
  });

  test('without those that the destination chooses, or cannot be told', async () => {
    const campaign = await aCampaign(await aFurnishedTwin());
    await built(campaign);
    expect(await differ(campaign, 'network', 1, { mtu: null })).toBe('');
    expect(await differ(campaign, 'subnet', 0, { allocation_pools: [] })).toBe('');
    expect(await differ(campaign, 'port', 0, { dns_name: 'web' }), 'the twin has no dns-integration').toBe('');
  });

  test('and what harms no guest is told, an MTU that the cloud lowered among it', async () => {
    const campaign = await aCampaign(await aFurnishedTwin());
    await built(campaign);
    expect(await differ(campaign, 'network', 1, { mtu: 1450 })).toBe('told: mtu is 1400, not 1450');
    expect(await differ(campaign, 'network', 1, { description: 'else' })).toMatch(/^told: description is /);
    expect(await differ(campaign, 'router', 0, { name: 'else', tags: ['else'] })).toMatch(/^told: name is .*; told: tags is /);
    expect(await differ(campaign, 'server', 0, { metadata: { a: 'b' } })).toMatch(/^told: metadata is /);
    expect(await differ(campaign, 'subnet', 0, { gateway_ip: '10.199.7.9' })).toMatch(/^gateway_ip is /);
  });

  test('and user data is never printed', async () => {
    const campaign = await aCampaign(await aFurnishedTwin(), 'admin', 'demo');
    await built(campaign);
    expect(await differ(campaign, 'server', 0, {})).toBe('');
    expect(await differ(campaign, 'server', 0, { user_data: 'b3BlbnNlc2FtZQ==' })).toBe('user_data is another one');
  });
});

import { expect, test } from 'vitest';
import type { BuildContext, Likeness } from '../../../../../../shared/cloud/destination-cloud.ts';
import { digestOf, portraitOf } from '../../../../../../shared/cloud/openstack/attributes/likeness.ts';
import { tables } from '../../../../../../shared/cloud/openstack/attributes/tables.ts';
import { diskIdOf, type Kind, type Ref, type Resource, refOf } from '../../../../../../shared/model/resource.ts';
import { aResource } from '../../../../../conformance/tenant.ts';
import type { Twin } from '../../../../../twin/twin.ts';
import { aCampaign, aFurnishedTwin } from '../a-destination.ts';

/** A resource that was built, and how it is read again. */
interface Read {
  readonly resource: Resource;
  readonly adopted: boolean;
  likeness(): Promise<Likeness>;
}

/** The sample tenant with one resource of every kind that it lacks, all built. */
async function everyKind(): Promise<{ twin: Twin; reads: readonly Read[] }> {
  const twin = await aFurnishedTwin({ designate: true });
  // Only an admin makes QoS policies and raises quotas.
  const campaign = await aCampaign(twin, 'admin');
  const { tenant } = campaign;
  const port = tenant.get('port', 1);
  const subport = aResource('port', {
    id: crypto.randomUUID(),
    network_id: port.network_id,
    mac_address: 'fa:16:3e:77:00:44',
    fixed_ips: [{ subnet_id: tenant.get('subnet').id, ip_address: '10.199.7.30' }],
  });
  const sub_ports = [{ port_id: subport.id, segmentation_type: 'vlan', segmentation_id: 44 }];
  const trunk = aResource('trunk', { id: crypto.randomUUID(), name: 'uplink', port_id: port.id, sub_ports });
  const { floating_network_id } = tenant.get('floating_ip');
  const floating = aResource('floating_ip', {
    id: crypto.randomUUID(),
    floating_network_id,
    floating_ip_address: '203.0.113.20',
  });
  const forwarding = aResource('port_forwarding', {
    id: crypto.randomUUID(),
    floating_ip_id: floating.id,
    description: 'the way in',
    protocol: 'tcp',
    external_port: 2222,
    internal_port_id: port.id,
    internal_ip_address: port.fixed_ips[0]?.ip_address ?? '',
    internal_port: 22,
  });
  const volumeId = crypto.randomUUID();
  const disk = aResource('disk', { id: diskIdOf(volumeId), server_id: tenant.get('server').id, volume_id: volumeId });
  const fields = { metadata: { tier: 'two' }, image_metadata: { hw_scsi_model: 'virtio-scsi' } };
  const volume = aResource('volume', { id: volumeId, name: 'data', size: 1, disk_id: disk.id, ...fields });
  const rules = [{ type: 'bandwidth_limit', direction: 'egress', max_kbps: 3000, max_burst_kbps: 0 }];
  const policy = aResource('qos_policy', { id: crypto.randomUUID(), name: 'slow', rules });
  const quotas = aResource('quota_set', { id: 'compute', limits: { cores: 4000 } });
  const shop = aResource('project', { id: 'p1', description: 'The shop', tags: ['web'] });
  const role = aResource('role_assignment', {
    id: 'a1',
    holder: 'user',
    holder_id: 'u1',
    holder_name: 'demo',
    role: 'reader',
  });
  const zone = aResource('dns_zone', { id: 'z1', name: 'example.org.', email: 'host@example.org', ttl: 600 });
  const www = aResource('dns_record_set', {
    id: 'r1',
    zone_id: 'z1',
    name: 'www.example.org.',
    type: 'A',
    records: ['203.0.113.9'],
  });
  const sharing = aResource('rbac_policy', {
    id: crypto.randomUUID(),
    action: 'access_as_shared',
    object_type: 'network',
    object_id: tenant.get('network', 1).id,
    target_project: 'theirs',
  });
  const mappings = { ...tenant.mappings, projects: { theirs: { to: 'theirs-there' } } };
  const early = [subport, trunk, policy, quotas, shop, role, zone, www];
  for (const one of tenant.resources) {
    if (one.kind === 'server' || one.kind === 'disk' || one.kind === 'floating_ip') continue;
    await campaign.ensure(one);
  }
  for (const one of early) await campaign.ensure(one);
  for (const one of tenant.resources) if (!campaign.built.has(refOf(one.kind, one.id))) await campaign.ensure(one);
  for (const one of [floating, forwarding]) await campaign.ensure(one);
  const { disk: bytes } = campaign.context(tenant.get('disk'));
  const contextOf = (one: Resource): BuildContext => {
    const context = { ...campaign.context(one), mappings };
    if (one !== volume) return { ...context, disk: undefined };
    return { ...context, resource: (ref: Ref) => (ref === refOf('disk', disk.id) ? disk : context.resource(ref)) };
  };
  campaign.built.set(refOf('rbac_policy', sharing.id), await campaign.cloud.ensure(sharing, contextOf(sharing)));
  const built = await campaign.cloud.ensure(volume, { ...contextOf(volume), disk: bytes });
  campaign.built.set(refOf('volume', volume.id), built);
  const reads = [...tenant.resources, ...early, sharing, floating, forwarding, volume].map((resource): Read => {
    const { id = '', how } = campaign.built.get(refOf(resource.kind, resource.id)) ?? {};
    const likeness = (): Promise<Likeness> => campaign.cloud.likeness(resource, id, contextOf(resource));
    return { resource, adopted: how === 'adopted', likeness };
  });
  return { twin, reads };
}

/** What an answer has only where it is set. */
const shownIfSet: ReadonlySet<string> = new Set(['gateway.qos_policy_id']);

/** Another value of the same shape. */
function otherThan(value: unknown, keys: readonly string[] = []): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  if (Array.isArray(value)) return value.length > 0 ? value.slice(1) : [keys.length === 0 ? 'x' : partWith(keys)];
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0 ? {} : { x: 'y' };
  const text = typeof value === 'string' ? value : '';
  if (/^[\d.]+\/\d+$/.test(text)) return '10.77.0.0/16';
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text)) return '10.77.0.9';
  if (/^[\da-f]{2}(:[\da-f]{2}){5}$/.test(text)) return 'fa:16:3e:99:99:99';
  if (/^BEGIN|^ssh-/.test(text)) return 'ssh-ed25519 AAAAother';
  // As a range of ports has it, too.
  return `${text}x:y`;
}

function partWith(keys: readonly string[]): object {
  const values: Readonly<Record<string, unknown>> = {
    destination: '10.77.0.0/16',
    nexthop: '10.77.0.1',
    ip_address: '10.77.0.2',
    mac_address: 'fa:16:3e:99:99:99',
    opt_name: 'mtu',
    opt_value: '9',
    ip_version: 4,
  };
  return Object.fromEntries(keys.map((key) => [key, values[key] ?? 'x']));
}

/** The carried attributes that a change at the destination was not found in, by kind. */
async function unfound(twin: Twin, { resource, likeness }: Read): Promise<string[]> {
  const before = await likeness();
  const different = before.verdicts.filter(({ is }) => is === 'different');
  expect(different, `${resource.kind} as it was built`).toEqual([]);
  const missed: string[] = [];
  for (const row of tables[resource.kind]) {
    const attribute = row.field ?? '';
    const was = before.verdicts.find((one) => one.attribute === attribute);
    if (row.fate !== 'carried' || row.api === null || was?.is !== 'equal') continue;
    if (shownIfSet.has(`${resource.kind}.${attribute}`)) continue;
    const value = otherThan((resource as unknown as Record<string, unknown>)[attribute], row.keys);
    twin.faults.set([{ do: 'alter', match: { method: 'GET', path: '^/v[23]' }, attribute: row.api, value }]);
    const { verdicts, digest } = await likeness();
    twin.faults.clear();
    const found = verdicts.find((one) => one.attribute === attribute);
    const isFound = found?.is === 'different' && found.severity !== undefined && found.says !== undefined;
    if (!isFound || digest === before.digest) missed.push(`${resource.kind}.${attribute} as ${JSON.stringify(value)}`);
  }
  return missed;
}

test('every attribute that the tables call carried is found where it changed at the destination', async () => {
  const { twin, reads } = await everyKind();
  const missed: string[] = [];
  const seen = new Set<Kind>();
  for (const read of reads) {
    const { kind } = read.resource;
    if (read.adopted || seen.has(kind)) continue;
    seen.add(kind);
    missed.push(...(await unfound(twin, read)));
  }
  expect(missed).toEqual([]);
  const notBuilt = (Object.keys(tables) as Kind[]).filter((kind) => !seen.has(kind));
  expect(notBuilt, 'kinds that this campaign only adopts').toEqual(['flavor', 'image']);
}, 120_000);

test('what is equal has the digest that the source works out by itself', async () => {
  const { reads } = await everyKind();
  const others: string[] = [];
  for (const { resource, adopted, likeness } of reads) {
    // They are mapped; nothing of them is carried.
    if (['quota_set', 'project', 'role_assignment'].includes(resource.kind)) continue;
    const { digest, verdicts } = await likeness();
    const isRead = verdicts.every(({ is }) => is !== 'unread');
    if (!adopted && isRead && digest !== digestOf(portraitOf(resource))) others.push(resource.kind);
  }
  expect(others).toEqual([]);
}, 120_000);

test('what is gone is one verdict on the whole, and has no digest', async () => {
  const campaign = await aCampaign(await aFurnishedTwin());
  const network = campaign.tenant.get('network', 1);
  const { verdicts, digest } = await campaign.cloud.likeness(network, crypto.randomUUID(), campaign.context(network));
  expect(verdicts).toEqual([
    { attribute: '*', is: 'different', severity: 'serious', says: [expect.stringMatching(/^network .* is not there$/)] },
  ]);
  expect(digest).toBeNull();
});

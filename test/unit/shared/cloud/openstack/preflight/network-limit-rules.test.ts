import { expect, onTestFinished, test } from 'vitest';
import { OpenStackDestination } from '../../../../../../shared/cloud/openstack/destination.ts';
import type { Kind, Resource, ResourceOf } from '../../../../../../shared/model/resource.ts';
import { accessTo } from '../../../../../conformance/furnish.ts';
import { aResource } from '../../../../../support/build.ts';
import { aCampaign, aFurnishedTwin, type Campaign } from '../a-destination.ts';

async function codes(campaign: Campaign, resources: readonly Resource[]): Promise<string[]> {
  const { concerns } = await campaign.cloud.preflight(resources, campaign.tenant.mappings, AbortSignal.timeout(10_000));
  return concerns.map(({ severity, code }) => `${severity} ${code}`);
}

const many = <T>(count: number, one: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => one(index));
const route = (index: number) => ({ destination: `10.${index}.0.0/16`, nexthop: '10.199.7.20' });
const pair = (index: number) => ({ ip_address: `10.199.7.${index + 100}` });

type Row = { [K in Kind]: [what: string, kind: K, fields: Partial<ResourceOf<K>>, code: string | null] }[Kind];

test.each<Row>([
  ['48 tags', 'network', { tags: many(48, (index) => `tag-${index}`) }, null],
  ['49 tags', 'network', { tags: many(49, (index) => `tag-${index}`) }, 'network.tag_limit'],
  ['a tag of 256 characters', 'port', { tags: ['x'.repeat(256)] }, 'port.tag_limit'],
  ['5 name servers', 'subnet', { dns_nameservers: many(5, (index) => `192.0.2.${index + 1}`) }, null],
  ['6 name servers', 'subnet', { dns_nameservers: many(6, (index) => `192.0.2.${index + 1}`) }, 'subnet.limit'],
  ['21 host routes', 'subnet', { host_routes: many(21, route) }, 'subnet.limit'],
  ['30 static routes', 'routes', { routes: many(30, route) }, null],
  ['31 static routes', 'routes', { routes: many(31, route) }, 'routes.limit'],
  ['10 address pairs', 'port', { allowed_address_pairs: many(10, pair) }, null],
  ['11 address pairs', 'port', { allowed_address_pairs: many(11, pair) }, 'port.limit'],
  ['126 properties', 'disk', { properties: Object.fromEntries(many(126, (index) => [`hw_${index}`, 'x'])) }, 'disk.limit'],
])('%s of a %s are found before the first write, or taken', async (_what, kind, fields, code) => {
  const campaign = await aCampaign(await aFurnishedTwin());
  // The first network is the external one, which is mapped.
  const first = campaign.tenant.get(kind, kind === 'network' ? 1 : 0) as Resource;
  const changed = { ...first, ...fields } as Resource;
  expect(
    await codes(
      campaign,
      campaign.tenant.resources.map((one) => (one === first ? changed : one)),
    ),
  ).toEqual(code === null ? [] : [`blocking ${code}`]);
});

test('what the rules let pass is built', async () => {
  const campaign = await aCampaign(await aFurnishedTwin());
  const subnet = campaign.tenant.get('subnet');
  await campaign.ensureAll(subnet);
  const full = {
    ...subnet,
    tags: many(48, (index) => `tag-${index}`),
    dns_nameservers: many(5, (index) => `192.0.2.${index + 1}`),
  };
  const { id } = await campaign.ensure(full);
  expect(await campaign.cloud.differences(full, id, campaign.context(full))).toEqual({ fatal: [], told: [] });
});

test('a full name of a port that no server has is refused before it is known whether the domains are the same, and may be accepted', async () => {
  const campaign = await aCampaign(await aFurnishedTwin({ dns: true }));
  const free = { ...campaign.tenant.get('port'), id: crypto.randomUUID(), device_id: '', fixed_ips: [] };
  const named = (dns_name: string): readonly Resource[] => [
    ...campaign.tenant.resources,
    { ...free, mac_address: 'fa:16:3e:77:00:31', dns_name },
  ];
  expect(await codes(campaign, named('www'))).toEqual([]);
  expect(await codes(campaign, named('www.example.org.'))).toEqual(['blocking port.dns_name']);
});

test('a disk beyond the largest image is refused where it is uploaded whole, and told where its holes are left out', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const large = campaign.tenant.resources.map((one) => (one.kind === 'disk' ? { ...one, min_disk: 1025 } : one));
  const found = async (cloud: OpenStackDestination): Promise<string[]> => {
    const { concerns } = await cloud.preflight(large, campaign.tenant.mappings, AbortSignal.timeout(10_000));
    return concerns.filter(({ code }) => code === 'disk.limit').map(({ severity }) => severity);
  };
  const raw = new OpenStackDestination(await accessTo(twin.authUrl, 'demo'), { disk_format: 'raw', uploads: 1 });
  onTestFinished(() => raw.close());
  expect(await found(raw)).toEqual(['blocking', 'blocking']);
  expect(await found(campaign.cloud)).toEqual(['warning', 'warning']);
});

test('an image of the project with too many properties is found, and one that servers were only made from is not', async () => {
  const campaign = await aCampaign(await aFurnishedTwin());
  const properties = Object.fromEntries(many(126, (index) => [`of-${index}`, 'x']));
  const disk = aResource('disk', { id: 'i.image', server_id: 'i', image_id: 'i', properties: {} });
  const image = aResource('image', { id: 'i', name: 'golden', disk_format: 'raw', container_format: 'bare', properties });
  const found = async (disk_id: string | null): Promise<string[]> =>
    (await codes(campaign, [disk, { ...image, disk_id }])).filter((code) => code.includes('limit'));
  expect(await found(disk.id)).toEqual(['blocking image.limit']);
  expect(await found(null)).toEqual([]);
});

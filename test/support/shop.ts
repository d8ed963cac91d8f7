import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Portrait, portraitOf } from '../demo/portrait.ts';
import { offersOf, promote, provide } from '../playground/offers.ts';
import { type Cloud, openCloudAt } from './in-process.ts';
import { OpenStackUser } from './openstack-user.ts';
import { anSshKey } from './ssh-server.ts';

const MiB = 1024 * 1024;

/** A disk of two blocks, the last one short; the first bytes tell one disk from another. */
export function aDisk(name: string): Buffer {
  const bytes = Buffer.alloc(MiB + 4096);
  for (let at = 0; at < MiB; at += 512) bytes.write(`${name} ${at} `, at);
  bytes.write(`the end of ${name}`, MiB);
  return bytes;
}

/** SHA-256, hex. */
export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/**
 * Makes a source with a small shop and an empty destination, in `source` and `destination` below
 * `dir`.
 */
export async function makeShop(
  dir: string,
  diskOf: (name: string) => Buffer = aDisk,
  servers?: readonly string[],
): Promise<void> {
  const [source, destination] = await Promise.all([openCloudAt(join(dir, 'source')), openCloudAt(join(dir, 'destination'))]);
  const operator = await operatorAt(source);
  await provideBoth(operator, await operatorAt(destination));
  await fillShop({ user: source.user, operator }, dir, diskOf, servers);
  // Neutron makes a project's default group when its groups are first listed.
  await destination.user.list('network', '/security-groups', 'security_groups');
  await Promise.all([source.twin.stop(), destination.twin.stop()]);
}

/** Who runs a cloud, and offers the images that the servers of a shop are made from. */
export async function operatorAt({ twin }: Pick<Cloud, 'twin'>): Promise<OpenStackUser> {
  return OpenStackUser.signIn({ authUrl: twin.authUrl, user: 'admin', password: 'twin', project: 'admin' });
}

interface Made {
  readonly id: string;
}

/** Provides what the administrators of both clouds would. */
export async function provideBoth(source: OpenStackUser, destination: OpenStackUser): Promise<void> {
  await provide(source, offersOf.west);
  await provide(destination, offersOf.east);
  await promote(destination);
}

/** The servers of the small shop. */
export const shopServers = ['web 1', '-web/é'] as const;

/** Who makes a shop: its owner, and who runs its cloud and offers the images in it. */
export interface ShopMakers {
  readonly user: OpenStackUser;
  readonly operator: OpenStackUser;
}

/**
 * Makes a small tenant: its network side, servers with an image of the cloud each, and a floating
 * IP; image files are built in `dir`.
 */
export async function fillShop(
  { user, operator }: ShopMakers,
  dir: string,
  diskOf: (name: string) => Buffer,
  servers: readonly string[] = shopServers,
): Promise<void> {
  const post = async (service: 'network' | 'compute' | 'image', path: string, key: string, body: object): Promise<Made> =>
    ((await user.send<Record<string, Made>>('POST', service, path, key === '' ? body : { [key]: body }))[key] ?? {}) as Made;
  const network = await post('network', '/networks', 'network', { name: 'front', description: 'where customers come' });
  const scope = await post('network', '/address-scopes', 'address_scope', { name: 'shops', ip_version: 4 });
  const pool = await post('network', '/subnetpools', 'subnetpool', {
    name: 'shop ranges',
    prefixes: ['10.20.0.0/16'],
    address_scope_id: scope.id,
  });
  const subnet = await post('network', '/subnets', 'subnet', {
    name: 'front-v4',
    subnetpool_id: pool.id,
    network_id: network.id,
    ip_version: 4,
    cidr: '10.20.0.0/24',
    dns_nameservers: ['9.9.9.9', '1.1.1.1'],
  });
  const [external] = await user.list<Made>('network', '/networks?router:external=true', 'networks');
  const router = await post('network', '/routers', 'router', {
    name: 'edge',
    external_gateway_info: { network_id: external?.id },
  });
  await user.send('PUT', 'network', `/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
  const group = await post('network', '/security-groups', 'security_group', { name: 'web', description: 'http' });
  await post('network', '/security-group-rules', 'security_group_rule', {
    security_group_id: group.id,
    direction: 'ingress',
    protocol: 'tcp',
    port_range_min: 80,
    port_range_max: 80,
  });
  const offices = await post('network', '/address-groups', 'address_group', {
    name: 'offices',
    description: 'who works for us',
    addresses: ['192.0.2.128/25', '198.51.100.7/32'],
  });
  await post('network', '/security-group-rules', 'security_group_rule', {
    security_group_id: group.id,
    direction: 'ingress',
    protocol: 'tcp',
    port_range_min: 22,
    port_range_max: 22,
    remote_address_group_id: offices.id,
  });
  await user.send('POST', 'compute', '/os-keypairs', { keypair: { name: 'operator', public_key: anSshKey().publicKey.trim() } });
  const flavors = await user.list<Made & { name: string }>('compute', '/flavors', 'flavors');
  const flavor = flavors.find(({ name }) => name === 'm1.tiny');
  for (const [place, name] of servers.entries()) {
    const file = join(dir, `${place}.raw`);
    await writeFile(file, diskOf(name));
    const body = { name: `disk of ${name}`, disk_format: 'raw', container_format: 'bare', visibility: 'public' };
    const image = await operator.send<Made>('POST', 'image', '/images', body);
    await operator.upload(image.id, file);
    await post('compute', '/servers', 'server', {
      name,
      imageRef: image.id,
      flavorRef: flavor?.id,
      key_name: 'operator',
      metadata: { place: String(place) },
      security_groups: [{ name: 'web' }],
      networks: [{ uuid: network.id, fixed_ip: `10.20.0.1${place}` }],
    });
  }
  await user.until('Building the servers', async () => {
    const servers = await user.list<{ status: string }>('compute', '/servers/detail', 'servers');
    return servers.every(({ status }) => status === 'ACTIVE') ? true : undefined;
  });
  const [port] = await user.list<Made>('network', '/ports?fixed_ips=ip_address%3D10.20.0.10', 'ports');
  await post('network', '/floatingips', 'floatingip', { floating_network_id: external?.id, port_id: port?.id });
}

/** Everything a project holds: its portrait, all ids by kind, and its servers' states. */
export interface Census {
  readonly portrait: Portrait;
  readonly ids: Readonly<Record<string, readonly string[]>>;
  readonly statuses: readonly string[];
  readonly tags: readonly (readonly string[])[];
  /** SHA-256 of every stored image by id, and the status of one that is not stored yet. */
  readonly images: Readonly<Record<string, string>>;
}

const lists = [
  ['network', '/qos/policies', 'policies'],
  ['network', '/rbac-policies', 'rbac_policies'],
  ['network', '/networks', 'networks'],
  ['network', '/subnets', 'subnets'],
  ['network', '/routers', 'routers'],
  ['network', '/ports', 'ports'],
  ['network', '/address-scopes', 'address_scopes'],
  ['network', '/subnetpools', 'subnetpools'],
  ['network', '/address-groups', 'address_groups'],
  ['network', '/security-groups', 'security_groups'],
  ['network', '/security-group-rules', 'security_group_rules'],
  ['network', '/floatingips', 'floatingips'],
  ['compute', '/servers', 'servers'],
] as const;

/** Takes the census of a project. */
export async function censusOf({ user }: { readonly user: OpenStackUser }): Promise<Census> {
  const ids: Record<string, string[]> = {};
  for (const [service, path, key] of lists) ids[key] = (await user.list<Made>(service, path, key)).map(({ id }) => id).sort();
  const keypairs = await user.list<{ keypair: { name: string } }>('compute', '/os-keypairs', 'keypairs');
  ids['keypairs'] = keypairs.map(({ keypair }) => keypair.name).sort();
  const images = await user.list<Made & { status: string }>('image', '/images', 'images');
  ids['images'] = images.map(({ id }) => id).sort();
  const digests = images.map(
    async ({ id, status }) => [id, status === 'active' ? (await user.digest(id)).sha256 : status] as const,
  );
  const servers = await user.list<{ status: string; tags: string[] }>('compute', '/servers/detail', 'servers');
  return {
    portrait: await portraitOf(user),
    ids,
    statuses: servers.map(({ status }) => status).sort(),
    tags: servers.map(({ tags }) => tags),
    images: Object.fromEntries(await Promise.all(digests)),
  };
}

/** How many there are of each kind. */
export function countsOf({ ids }: Census): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(ids).map(([kind, all]) => [kind, all.length]));
}

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpenStackUser } from '../support/openstack-user.ts';
import { anSshKey } from '../support/ssh-server.ts';
import { writeDiskImage } from './disk-image.ts';
import { makeNetworkSide, type NetworkSide } from './tenant-network.ts';

/** The images of the three tiers. They begin with the same operating system. */
const images = [
  { name: 'web', sizeMiB: 32, sharedMiB: 16 },
  { name: 'app', sizeMiB: 48, sharedMiB: 16 },
  { name: 'db', sizeMiB: 80, sharedMiB: 16 },
] as const;

/** What was made, as numbers to show. */
export interface Made {
  readonly servers: number;
  readonly images: number;
  readonly diskBytes: number;
  /** Of these, what is not a hole. */
  readonly writtenBytes: number;
}

/** Makes a shop of three tiers in the user's project; image files are built in `folder`. */
export async function makeTenant(user: OpenStackUser, folder: string): Promise<Made> {
  const made = images.map(async (image) => {
    const file = join(folder, `${image.name}.raw`);
    const writtenBytes = await writeDiskImage(file, image);
    const id = await storeImage(user, image.name, file);
    await rm(file);
    return [image.name, { id, writtenBytes }] as const;
  });
  const stored = new Map<string, { readonly id: string; readonly writtenBytes: number }>(await Promise.all(made));
  await user.send('POST', 'compute', '/os-keypairs', { keypair: { name: 'operator', public_key: anSshKey().publicKey.trim() } });
  const network = await makeNetworkSide(user);
  const flavors = await user.list<{ id: string; name: string }>('compute', '/flavors/detail', 'flavors');
  const flavorId = (name: string): string => flavors.find((flavor) => flavor.name === name)?.id ?? name;
  const wanted = await serversOf(user, network);
  const server_group = { name: 'web apart', policy: 'soft-anti-affinity' };
  const apart = await user.send<{ server_group: { id: string } }>('POST', 'compute', '/os-server-groups', { server_group });
  for (const { image, flavor, ...server } of wanted) {
    const hints = image === 'web' ? { 'os:scheduler_hints': { group: apart.server_group.id } } : {};
    const body = { ...server, imageRef: stored.get(image)?.id, flavorRef: flavorId(flavor), key_name: 'operator' };
    await user.send('POST', 'compute', '/servers', { server: body, ...hints });
  }
  await allActive(user, wanted.length);
  await makeFloatingIp(user, network);
  const sum = (of: (name: string) => number): number => wanted.reduce((total, { image }) => total + of(image), 0);
  return {
    servers: wanted.length,
    images: images.length,
    diskBytes: sum((name) => (images.find((image) => image.name === name)?.sizeMiB ?? 0) * 1024 * 1024),
    writtenBytes: sum((name) => stored.get(name)?.writtenBytes ?? 0),
  };
}

async function storeImage(user: OpenStackUser, name: string, file: string): Promise<string> {
  const guest = { hw_disk_bus: 'virtio', hw_vif_model: 'virtio', os_distro: 'debian' };
  const image = { name: `shop-${name}`, disk_format: 'raw', container_format: 'bare', visibility: 'private', ...guest };
  const { id } = await user.send<{ id: string }>('POST', 'image', '/images', image);
  await user.upload(id, file);
  return id;
}

/** A server as it is asked for: Nova's fields, but flavor and image by name. */
interface Wanted {
  readonly name: string;
  readonly image: (typeof images)[number]['name'];
  readonly flavor: string;
  readonly [field: string]: unknown;
}

/**
 * Two web servers, two `app` of the same name, and one with a blank in its name and a port made by
 * hand.
 */
async function serversOf(user: OpenStackUser, { front, back, groups }: NetworkSide): Promise<Wanted[]> {
  const { port } = await user.send<{ port: { id: string } }>('POST', 'network', '/ports', {
    port: {
      name: 'db-port',
      description: 'fixed for the routes that point here',
      network_id: back.networkId,
      fixed_ips: [{ subnet_id: back.subnetId, ip_address: '10.10.2.31' }],
      security_groups: [groups.db],
      allowed_address_pairs: [{ ip_address: '10.10.2.40' }],
    },
  });
  const web = (name: string, ip: string): Wanted => ({
    name,
    image: 'web',
    flavor: 'm1.tiny',
    networks: [{ uuid: front.networkId, fixed_ip: ip }],
    security_groups: [{ name: 'web' }],
    metadata: { tier: 'web', note: 'behind one address' },
    tags: ['web'],
  });
  const app = (ip: string): Wanted => ({
    name: 'app',
    image: 'app',
    flavor: 'm1.small',
    description: 'one of two',
    networks: [
      { uuid: back.networkId, fixed_ip: `10.10.2.${ip}` },
      { uuid: front.networkId, fixed_ip: `10.10.1.${ip}` },
    ],
    security_groups: [{ name: 'app' }],
    metadata: { tier: 'app' },
  });
  return [
    {
      name: 'db primary',
      image: 'db',
      flavor: 'm1.large',
      networks: [{ port: port.id }],
      metadata: { tier: 'db', 'backup at': '03:00' },
    },
    app('21'),
    app('22'),
    web('web-1', '10.10.1.11'),
    web('web-2', '10.10.1.12'),
  ];
}

async function allActive(user: OpenStackUser, count: number): Promise<void> {
  await user.until('Building the servers', async () => {
    const servers = await user.list<{ name: string; status: string }>('compute', '/servers/detail', 'servers');
    const failed = servers.find(({ status }) => status === 'ERROR');
    if (failed !== undefined) throw new Error(`The server ${failed.name} could not be built.`);
    return servers.filter(({ status }) => status === 'ACTIVE').length === count ? true : undefined;
  });
}

async function makeFloatingIp(user: OpenStackUser, { externalId }: NetworkSide): Promise<void> {
  const [port] = await user.list<{ id: string }>('network', '/ports?fixed_ips=ip_address%3D10.10.1.11', 'ports');
  await user.send('POST', 'network', '/floatingips', {
    floatingip: { floating_network_id: externalId, port_id: port?.id, description: 'the shop' },
  });
}

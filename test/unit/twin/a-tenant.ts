import { type Client, microversion, type Reply, until } from './a-twin.ts';

/** An active image with the given bytes. */
export async function anImage(client: Client, bytes: Uint8Array, extra: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const made = await client.ask('POST', '/image/v2/images', {
    name: 'an image',
    disk_format: 'raw',
    container_format: 'bare',
    ...extra,
  });
  const id = made.textAt('id');
  await client.ask('PUT', `/image/v2/images/${id}/file`, bytes, { 'content-type': 'application/octet-stream' });
  return id;
}

/** A network with one subnet; the subnet's fields may be given. */
export async function aNetwork(
  client: Client,
  name: string,
  cidr: string,
  extra: Readonly<Record<string, unknown>> = {},
): Promise<{ id: string; subnetId: string }> {
  const network = await client.ask('POST', '/network/v2.0/networks', { network: { name } });
  const id = network.textAt('network.id');
  const subnet = await client.ask('POST', '/network/v2.0/subnets', {
    subnet: { network_id: id, cidr, ip_version: cidr.includes(':') ? 6 : 4, ...extra },
  });
  return { id, subnetId: subnet.textAt('subnet.id') };
}

/** An external network with addresses from .50 to .60; made by an admin. */
export async function anExternalNetwork(admin: Client, cidr = '172.24.10.0/24'): Promise<{ id: string; subnetId: string }> {
  const base = cidr.replace(/\.0\/24$/, '');
  const network = await admin.ask('POST', '/network/v2.0/networks', {
    network: { name: 'ext', 'router:external': true, 'provider:network_type': 'flat', 'provider:physical_network': 'ext' },
  });
  const id = network.textAt('network.id');
  const allocation_pools = [{ start: `${base}.50`, end: `${base}.60` }];
  const subnet = await admin.ask('POST', '/network/v2.0/subnets', {
    subnet: { network_id: id, cidr, ip_version: 4, enable_dhcp: false, allocation_pools },
  });
  return { id, subnetId: subnet.textAt('subnet.id') };
}

/**
 * A flavor; without a disk of its own the disk is as large as the image, which keeps tests short.
 */
export async function aFlavor(admin: Client, name = 'm1.tiny', disk = 0): Promise<string> {
  const made = await admin.ask('POST', '/compute/v2.1/flavors', { flavor: { name, ram: 128, vcpus: 1, disk } });
  return made.textAt('flavor.id');
}

/** The server when its status is the wanted one. */
export const whenStatus = (client: Client, id: string, status: string): Promise<Reply> =>
  until(
    () => client.ask('GET', `/compute/v2.1/servers/${id}`, undefined, microversion('2.90')),
    (reply) => reply.at('server.status') === status && reply.at('server.OS-EXT-STS:task_state') === null,
  );

/** A server that has become ACTIVE. */
export async function aServer(
  client: Client,
  imageRef: string,
  flavorRef: string,
  extra: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const made = await client.ask(
    'POST',
    '/compute/v2.1/servers',
    { server: { name: 'web 1', imageRef, flavorRef, networks: 'none', ...extra } },
    microversion('2.90'),
  );
  const id = made.textAt('server.id');
  await whenStatus(client, id, 'ACTIVE');
  return id;
}

import { randomBytes } from 'node:crypto';
import { OpenStackSettings } from '../../shared/cloud/openstack/account/config.ts';
import { resolveAccess } from '../../shared/cloud/openstack/account/credentials.ts';
import type { Access } from '../../shared/cloud/openstack/session/access.ts';
import { type ApiCall, CloudSession } from '../../shared/cloud/openstack/session/session.ts';
import { until } from '../../shared/cloud/openstack/session/wait.ts';

/** The access of a seeded user of an embedded twin. */
export function accessTo(authUrl: string, user: 'demo' | 'admin', project: string = user): Promise<Access> {
  const auth = { auth_url: authUrl, username: user, password: 'twin', project_name: project };
  return resolveAccess(OpenStackSettings.parse({ auth }), {});
}

/** Calls a cloud's API as a user. */
export class Hand {
  readonly session: CloudSession;

  constructor(access: Access) {
    this.session = new CloudSession(access);
  }

  async ask<T>(method: ApiCall['method'], service: ApiCall['service'], path: string, body?: unknown): Promise<T> {
    return (await this.session.call({ method, service, path, body, signal: AbortSignal.timeout(30_000) })).body as T;
  }

  /** Stores bytes as a raw image; returns its id. */
  async store(fields: Readonly<Record<string, string | boolean>>, bytes: Buffer): Promise<string> {
    const body = { disk_format: 'raw', container_format: 'bare', ...fields };
    const { id } = await this.ask<{ id: string }>('POST', 'image', '/images', body);
    const open = async function* (): AsyncGenerator<Buffer> {
      yield bytes;
    };
    const content = { length: bytes.length, open };
    const signal = AbortSignal.timeout(30_000);
    await this.session.call({ method: 'PUT', service: 'image', path: `/images/${id}/file`, content, signal });
    return id;
  }
}

/** Gives a fresh twin an external network and two flavors. */
export async function furnish(authUrl: string): Promise<void> {
  const admin = new Hand(await accessTo(authUrl, 'admin'));
  const network = { name: 'ext', 'router:external': true, 'provider:network_type': 'flat', 'provider:physical_network': 'ext' };
  const made = await admin.ask<{ network: { id: string } }>('POST', 'network', '/networks', { network });
  const subnet = { network_id: made.network.id, cidr: '172.24.10.0/24', ip_version: 4, enable_dhcp: false };
  await admin.ask('POST', 'network', '/subnets', { subnet });
  await admin.ask('POST', 'compute', '/flavors', { flavor: { name: 'm1.tiny', ram: 128, vcpus: 1, disk: 1 } });
  // Its disks are as large as the image, which keeps what has to be read and hashed small.
  await admin.ask('POST', 'compute', '/flavors', { flavor: { name: 'm1.bare', ram: 128, vcpus: 1, disk: 0 } });
  await admin.session.close();
}

/**
 * Gives the project demo of a furnished twin a network and a running server, whose name is
 * returned.
 */
export async function populate(authUrl: string): Promise<string> {
  const demo = new Hand(await accessTo(authUrl, 'demo'));
  const { network } = await demo.ask<{ network: { id: string } }>('POST', 'network', '/networks', { network: { name: 'net1' } });
  await demo.ask('POST', 'network', '/subnets', { subnet: { network_id: network.id, cidr: '192.168.50.0/24', ip_version: 4 } });
  const bytes = Buffer.concat([randomBytes(700_000), Buffer.alloc(2_000_000), randomBytes(300_000)]);
  const image = await demo.store({ name: 'guest', hw_disk_bus: 'virtio' }, bytes);
  const signal = AbortSignal.timeout(30_000);
  const { flavors } = await demo.ask<{ flavors: { id: string; name: string }[] }>('GET', 'compute', '/flavors');
  const bare = flavors.find((flavor) => flavor.name === 'm1.bare');
  const name = 'web 1';
  const server = { name, imageRef: image, flavorRef: bare?.id, networks: [{ uuid: network.id }] };
  const made = await demo.ask<{ server: { id: string } }>('POST', 'compute', '/servers', { server });
  await until('The server becoming ACTIVE', { timeoutMs: 30_000, signal }, async () => {
    const now = await demo.ask<{ server: { status: string } }>('GET', 'compute', `/servers/${made.server.id}`);
    return now.server.status === 'ACTIVE' ? true : undefined;
  });
  await demo.session.close();
  return name;
}

/** Makes a volume that no server has, and returns its id. */
export async function makeVolume(authUrl: string, name: string): Promise<string> {
  const demo = new Hand(await accessTo(authUrl, 'demo'));
  const { volume } = await demo.ask<{ volume: { id: string } }>('POST', 'volume', '/volumes', { volume: { size: 1, name } });
  const path = `/volumes/${volume.id}`;
  await until('The volume', { timeoutMs: 30_000, signal: AbortSignal.timeout(30_000) }, async () => {
    const now = await demo.ask<{ volume: { status: string } }>('GET', 'volume', path);
    return now.volume.status === 'available' ? true : undefined;
  });
  await demo.session.close();
  return volume.id;
}

/** Gives the project demo of a populated twin a volume, and the server of this name has it. */
export async function attachVolume(authUrl: string, server: string): Promise<void> {
  const volumeId = await makeVolume(authUrl, 'data');
  const demo = new Hand(await accessTo(authUrl, 'demo'));
  const { servers } = await demo.ask<{ servers: { id: string; name: string }[] }>('GET', 'compute', '/servers');
  const id = servers.find(({ name }) => name === server)?.id;
  await demo.ask('POST', 'compute', `/servers/${id}/os-volume_attachments`, { volumeAttachment: { volumeId } });
  await demo.session.close();
}

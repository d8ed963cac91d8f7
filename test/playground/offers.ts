import type { OpenStackUser } from '../support/openstack-user.ts';

/** What an administrator provides before the first tenant comes. */
export interface Offers {
  readonly externalNetwork: string;
  /** The first three bytes of the external network, from those for documentation (RFC 5737). */
  readonly externalPrefix: string;
  /**
   * Name, virtual CPUs and memory in MiB of each flavor; a server's disk is as large as its image.
   */
  readonly flavors: readonly (readonly [name: string, vcpus: number, ramMiB: number])[];
}

/** The two clouds differ in names and addresses outside the tenant, as real ones do. */
export const offersOf = {
  west: {
    externalNetwork: 'public',
    externalPrefix: '198.51.100',
    flavors: [
      ['m1.tiny', 1, 512],
      ['m1.small', 1, 2048],
      ['m1.large', 4, 8192],
    ],
  },
  east: {
    externalNetwork: 'internet',
    externalPrefix: '203.0.113',
    flavors: [
      ['m1.tiny', 1, 512],
      ['m1.small', 1, 2048],
      ['c4.memory', 4, 8192],
      ['c8.memory', 8, 16384],
    ],
  },
} as const satisfies Readonly<Record<string, Offers>>;

/** Makes the flavors and the external network, as an administrator of the cloud. */
export async function provide(admin: OpenStackUser, { externalNetwork, externalPrefix, flavors }: Offers): Promise<void> {
  for (const [name, vcpus, ram] of flavors)
    await admin.send('POST', 'compute', '/flavors', { flavor: { name, vcpus, ram, disk: 0 } });
  const { network } = await admin.send<{ network: { id: string } }>('POST', 'network', '/networks', {
    network: {
      name: externalNetwork,
      'router:external': true,
      'provider:network_type': 'flat',
      'provider:physical_network': 'external',
    },
  });
  await admin.send('POST', 'network', '/subnets', {
    subnet: {
      name: `${externalNetwork}-v4`,
      network_id: network.id,
      ip_version: 4,
      cidr: `${externalPrefix}.0/24`,
      gateway_ip: `${externalPrefix}.1`,
      enable_dhcp: false,
      allocation_pools: [{ start: `${externalPrefix}.50`, end: `${externalPrefix}.200` }],
    },
  });
}

/**
 * Gives the owner of `shop` the role admin, because most clouds reserve flavors without a disk size
 * for admins.
 */
export async function promote(admin: OpenStackUser): Promise<void> {
  const idOf = async (things: string, name: string): Promise<string> => {
    const found = await admin.list<{ id: string; name: string }>('identity', `/${things}?name=${name}`, things);
    return found.find((thing) => thing.name === name)?.id ?? name;
  };
  const project = await idOf('projects', 'shop');
  const user = await idOf('users', 'demo');
  const role = await idOf('roles', 'admin');
  await admin.send('PUT', 'identity', `/projects/${project}/users/${user}/roles/${role}`);
}

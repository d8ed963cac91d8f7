import { generateKeyPairSync } from 'node:crypto';
import type { CloudFacts } from '../../shared/cloud/facts.ts';
import type { Mappings } from '../../shared/model/mappings.ts';
import {
  diskIdOf,
  diskIdOfImage,
  type Kind,
  type Power,
  type Resource,
  type ResourceOf,
  refOf,
  schemas,
} from '../../shared/model/resource.ts';

type Fields<K extends Kind> = Partial<Omit<ResourceOf<K>, 'kind'>> & { readonly id: string };

/** Builds one resource; what is not given has the schema's defaults. */
export function aResource<K extends Kind>(kind: K, fields: Fields<K>): ResourceOf<K> {
  return { kind, ...schemas[kind].parse({ name: '', ...fields }) } as unknown as ResourceOf<K>;
}

/** A key that opens nothing, in OpenSSH's format (RFC 8709): clouds look whether it is one. */
function aPublicKey(): string {
  const part = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  const raw = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return `ssh-ed25519 ${Buffer.concat([part(Buffer.from('ssh-ed25519')), part(raw)]).toString('base64')} somebody@somewhere`;
}

/**
 * A tenant as a document has it: a network with a router, a group, a server that runs and one that
 * is stopped, each with a disk.
 */
export interface Tenant {
  readonly resources: readonly Resource[];
  readonly mappings: Mappings;
  get<K extends Kind>(kind: K, index?: number): ResourceOf<K>;
}

/** Makes a tenant whose ids and addresses are its own, mapped to what the destination has. */
export function aTenant(facts: CloudFacts): Tenant {
  const id = (): string => crypto.randomUUID();
  const external = facts.networks.find((network) => network.external);
  // The smallest with a disk: members may not boot from one without.
  const [small] = facts.flavors.filter((one) => one.disk > 0).sort((a, b) => a.ram - b.ram || a.disk - b.disk);
  if (external === undefined || small === undefined)
    throw new Error('the destination under test needs an external network and a flavor with a disk');
  const outside = aResource('network', { id: id(), name: 'the world', external: true });
  const network = aResource('network', {
    id: id(),
    name: 'inner net',
    description: 'where servers live',
    tags: ['blue'],
    mtu: 1400,
  });
  const scope = aResource('address_scope', { id: id(), name: 'of the plant', ip_version: 4 });
  const pool = aResource('subnet_pool', {
    id: id(),
    name: 'plant ranges',
    needs: [refOf('address_scope', scope.id)],
    description: 'one for each hall',
    tags: ['plan 9'],
    prefixes: ['10.199.0.0/16', '10.201.0.0/17'],
    default_prefixlen: 26,
    min_prefixlen: 16,
    max_prefixlen: 29,
    default_quota: 4096,
    address_scope_id: scope.id,
  });
  const subnet = aResource('subnet', {
    id: id(),
    name: 'inner/subnet',
    needs: [refOf('network', network.id), refOf('subnet_pool', pool.id)],
    subnetpool_id: pool.id,
    description: '-dashed',
    network_id: network.id,
    ip_version: 4,
    cidr: '10.199.7.0/24',
    gateway_ip: '10.199.7.1',
    enable_dhcp: true,
    allocation_pools: [
      { start: '10.199.7.2', end: '10.199.7.40' },
      { start: '10.199.7.60', end: '10.199.7.99' },
    ],
    dns_nameservers: ['192.0.2.53', '192.0.2.9'],
    host_routes: [{ destination: '10.198.0.0/16', nexthop: '10.199.7.20' }],
  });
  const router = aResource('router', { id: id(), name: 'way out', description: 'the only one', tags: ['edge'] });
  const gateway = aResource('gateway', {
    id: router.id,
    name: router.name,
    needs: [refOf('router', router.id), refOf('network', outside.id)],
    router_id: router.id,
    network_id: outside.id,
    enable_snat: true,
  });
  const leg = aResource('interface', {
    id: id(),
    needs: [refOf('router', router.id), refOf('subnet', subnet.id)],
    router_id: router.id,
    network_id: network.id,
    fixed_ips: [{ subnet_id: subnet.id, ip_address: '10.199.7.1' }],
    mac_address: 'fa:16:3e:77:00:01',
  });
  const second = aResource('subnet', {
    id: id(),
    name: 'second',
    needs: [refOf('network', network.id), refOf('subnet_pool', pool.id)],
    subnetpool_id: pool.id,
    network_id: network.id,
    ip_version: 4,
    cidr: '10.199.8.0/24',
    gateway_ip: null,
    enable_dhcp: false,
    allocation_pools: [{ start: '10.199.8.10', end: '10.199.8.20' }],
  });
  const secondLeg = aResource('interface', {
    id: id(),
    needs: [refOf('router', router.id), refOf('subnet', second.id)],
    router_id: router.id,
    network_id: network.id,
    fixed_ips: [{ subnet_id: second.id, ip_address: '10.199.8.200' }],
    mac_address: 'fa:16:3e:77:00:02',
  });
  const routes = aResource('routes', {
    id: router.id,
    needs: [refOf('router', router.id), refOf('interface', leg.id)],
    router_id: router.id,
    routes: [{ destination: '10.197.0.0/16', nexthop: '10.199.7.20' }],
  });
  const offices = aResource('address_group', {
    id: id(),
    name: 'offices',
    description: 'who works for us',
    addresses: ['192.0.2.128/25', '198.51.100.7/32', '2001:db8:9::/48'],
  });
  const group = aResource('security_group', { id: id(), name: 'inner group', description: 'who may come in' });
  const rule = (fields: Partial<ResourceOf<'security_group_rule'>>): ResourceOf<'security_group_rule'> =>
    aResource('security_group_rule', {
      id: id(),
      needs: [refOf('security_group', group.id)],
      security_group_id: group.id,
      direction: 'ingress',
      ...fields,
    });
  const rules = [
    rule({
      protocol: 'tcp',
      port_range_min: 22,
      port_range_max: 22,
      remote_ip_prefix: '0.0.0.0/0',
      description: 'for the operator',
    }),
    rule({ protocol: 'icmp', remote_group_id: group.id }),
    rule({
      needs: [refOf('security_group', group.id), refOf('address_group', offices.id)],
      protocol: 'tcp',
      port_range_min: 443,
      port_range_max: 443,
      remote_address_group_id: offices.id,
    }),
    rule({ direction: 'egress', protocol: 'udp', port_range_min: 53, port_range_max: 53, remote_ip_prefix: '192.0.2.0/24' }),
  ];
  const keypair = aResource('keypair', { id: `key-${id()}`, name: '', public_key: aPublicKey() });
  const named = { ...keypair, name: keypair.id };
  const together = aResource('server_group', { id: id(), name: `group ${id()}`, policy: 'soft-anti-affinity' });
  const flavor = aResource('flavor', { id: id(), name: 'source flavor', vcpus: small.vcpus, ram: small.ram, disk: small.disk });
  // The first address of the pool is the one that the destination's own DHCP port likes to take.
  const first = aServer('web .1/a', 'running', '10.199.7.2', 'fa:16:3e:77:00:11');
  const other = aServer('db – stopped', 'stopped', '10.199.7.66', 'fa:16:3e:77:00:12');
  const floating = aResource('floating_ip', {
    id: id(),
    name: '203.0.113.9',
    needs: [refOf('network', outside.id), refOf('port', first.port.id), refOf('gateway', gateway.id), refOf('interface', leg.id)],
    description: 'the site',
    tags: ['public'],
    floating_network_id: outside.id,
    floating_ip_address: '203.0.113.9',
    port_id: first.port.id,
    fixed_ip_address: '10.199.7.2',
  });
  const volumes = facts.volume_types.length > 0 ? aVolumeOf(first.server) : [];
  const resources: readonly Resource[] = [
    ...[
      outside,
      network,
      scope,
      pool,
      subnet,
      second,
      router,
      gateway,
      leg,
      secondLeg,
      routes,
      offices,
      group,
      ...rules,
      named,
      together,
      flavor,
    ],
    ...[first.port, first.disk, first.server, other.port, other.disk, other.server, floating],
    ...volumes,
  ];

  /** Gives a server a volume; where there is no Cinder it has none. */
  function aVolumeOf(server: ResourceOf<'server'>): readonly Resource[] {
    const volumeId = id();
    const volume = aResource('volume', {
      id: volumeId,
      name: 'data ä',
      description: 'what the web knows',
      disk_id: diskIdOf(volumeId),
      size: 1,
      metadata: { tier: 'two', 'with space': 'yes' },
      image_metadata: { hw_scsi_model: 'virtio-scsi' },
    });
    const { id: server_id, name } = server;
    server.volumes.push({ volume_id: volumeId, boot_index: null, device: '/dev/vdb', tag: 'data', delete_on_termination: false });
    server.needs.push(refOf('volume', volumeId));
    return [aResource('disk', { id: volume.disk_id, name, server_id, volume_id: volumeId, min_disk: 1 }), volume];
  }

  function aServer(name: string, power: Power, address: string, mac: string) {
    const serverId = id();
    const port = aResource('port', {
      id: id(),
      name: `port of ${name}`,
      needs: [refOf('network', network.id), refOf('subnet', subnet.id), refOf('security_group', group.id)],
      network_id: network.id,
      mac_address: mac,
      fixed_ips: [{ subnet_id: subnet.id, ip_address: address }],
      security_groups: [group.id],
      allowed_address_pairs: [{ ip_address: '10.199.7.250' }],
      extra_dhcp_opts: [{ opt_name: 'bootfile-name', opt_value: 'boot.0', ip_version: 4 }],
      device_id: serverId,
      description: 'the first one',
      tags: ['uplink'],
    });
    const disk = aResource('disk', {
      id: `${serverId}.root`,
      name,
      server_id: serverId,
      min_disk: 1,
      properties: { hw_disk_bus: 'virtio' },
    });
    const server = aResource('server', {
      id: serverId,
      name,
      needs: [
        ...[refOf('flavor', flavor.id), refOf('keypair', named.id), refOf('server_group', together.id)],
        ...[refOf('port', port.id), refOf('disk', disk.id)],
      ],
      description: `${name}, described`,
      power,
      flavor_id: flavor.id,
      ports: [port.id],
      disks: [disk.id],
      key_name: named.name,
      server_group_id: together.id,
      metadata: { role: 'web', 'with.dot': 'yes' },
      tags: ['prod'],
      user_data: Buffer.from('#!/bin/sh\ntrue\n').toString('base64'),
      hostname: 'web-1',
      disk_config: 'AUTO',
    });
    return { port, disk, server };
  }

  return {
    resources,
    mappings: {
      flavors: { [flavor.id]: { to: small.id } },
      networks: { [outside.id]: { to: external.id } },
      gateways: {},
      floating_ips: { [floating.id]: { to: 'auto' } },
    },
    get: <K extends Kind>(kind: K, index = 0) => resources.filter((one) => one.kind === kind)[index] as unknown as ResourceOf<K>,
  };
}

/** An image of the project, in a format that is no disk, with all that its owner may choose. */
export function anOwnImage(): readonly Resource[] {
  const imageId = crypto.randomUUID();
  const disk = aResource('disk', { id: diskIdOfImage(imageId), name: 'installer', server_id: imageId, image_id: imageId });
  const image = aResource('image', {
    id: imageId,
    name: 'installer é',
    needs: [refOf('disk', disk.id)],
    disk_id: disk.id,
    disk_format: 'iso',
    container_format: 'bare',
    min_ram: 64,
    visibility: 'private',
    tags: ['of the tenant'],
    protected: true,
    os_hidden: true,
    properties: { os_distro: 'debian', 'with space': 'yes' },
  });
  return [disk, image];
}

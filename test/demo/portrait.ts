import type { OpenStackUser } from '../support/openstack-user.ts';
import type {
  FixedIp,
  FloatingIp,
  Group,
  Keypair,
  Named,
  Network,
  Port,
  Router,
  Rule,
  Server,
  ServerGroup,
  Subnet,
} from './portrait-api.ts';

/**
 * One resource without ids: what it refers to is given by name or address, so that clouds compare.
 */
export interface Feature {
  readonly kind: string;
  /** Unique within its kind: the name, with an address where names may repeat. */
  readonly name: string;
  /** Its id in this cloud. */
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /**
   * What belongs to this cloud alone: external addresses, the administrator's networks and flavors.
   */
  readonly local: Readonly<Record<string, string>>;
}

/** A cloud, entered as the owner of the tenant. */
export interface TenantAccess {
  readonly user: OpenStackUser;
}

/** Everything a tenant has, as its owner sees it over the cloud's APIs. */
export type Portrait = readonly Feature[];

interface Seen {
  readonly networks: readonly Network[];
  readonly subnets: readonly Subnet[];
  readonly ports: readonly Port[];
  readonly groups: readonly Group[];
  readonly servers: readonly Server[];
}

/** Looks at a tenant through its cloud's APIs. */
export async function portraitOf(user: OpenStackUser): Promise<Portrait> {
  // An operator sees every project; the tenant is what belongs to this one.
  const mine = `?project_id=${user.projectId}`;
  const seen: Seen = {
    networks: await user.list<Network>('network', '/networks', 'networks'),
    subnets: await user.list<Subnet>('network', `/subnets${mine}`, 'subnets'),
    ports: await user.list<Port>('network', `/ports${mine}`, 'ports'),
    groups: await user.list<Group>('network', `/security-groups${mine}`, 'security_groups'),
    servers: await user.list<Server>('compute', '/servers/detail', 'servers'),
  };
  const routers = await user.list<Router>('network', `/routers${mine}`, 'routers');
  const floatingIps = await user.list<FloatingIp>('network', `/floatingips${mine}`, 'floatingips');
  const keypairs = await user.list<{ keypair: Keypair }>('compute', '/os-keypairs', 'keypairs');
  const serverGroups = await user.list<ServerGroup>('compute', '/os-server-groups', 'server_groups');
  const own = seen.networks.filter(({ project_id }) => project_id === user.projectId);
  return [
    ...own.map(networkFeature),
    ...seen.subnets
      .filter(({ network_id }) => own.some(({ id }) => id === network_id))
      .map((subnet) => subnetFeature(subnet, seen)),
    ...routers.map((router) => routerFeature(router, seen)),
    ...seen.groups.map((group) => groupFeature(group, seen)),
    ...keypairs.map(({ keypair: { name, public_key, fingerprint } }) =>
      feature('keypair', { id: name, name }, { public_key, fingerprint }),
    ),
    ...serverGroups.map((group) => serverGroupFeature(group, seen)),
    ...seen.servers.map((server) => serverFeature(server, seen)),
    ...seen.ports.filter(({ device_owner }) => device_owner.startsWith('compute:')).map((port) => portFeature(port, seen)),
    ...floatingIps.map((ip) => floatingIpFeature(ip, seen)),
  ];
}

function feature(kind: string, { id, name }: Named, attributes: Feature['attributes'], local: Feature['local'] = {}): Feature {
  return { kind, name, id, attributes, local };
}

function networkFeature(network: Network): Feature {
  const { description, admin_state_up, mtu, port_security_enabled, shared, tags } = network;
  return feature('network', network, { description, admin_state_up, mtu, port_security_enabled, shared, tags: foreign(tags) });
}

function subnetFeature(subnet: Subnet, { networks }: Seen): Feature {
  const { network_id, cidr, ip_version, gateway_ip, enable_dhcp, allocation_pools, dns_nameservers, host_routes } = subnet;
  return feature('subnet', subnet, {
    network: nameIn(networks, network_id),
    description: subnet.description,
    cidr,
    ip_version,
    gateway_ip,
    enable_dhcp,
    dns_nameservers,
    allocation_pools: allocation_pools.map(({ start, end }) => `${start}-${end}`).sort(),
    host_routes: host_routes.map(({ destination, nexthop }) => `${destination} by ${nexthop}`).sort(),
    tags: foreign(subnet.tags),
  });
}

function routerFeature(router: Router, seen: Seen): Feature {
  const gateway = router.external_gateway_info;
  const legs = seen.ports.filter((port) => port.device_id === router.id && port.device_owner === 'network:router_interface');
  return feature(
    'router',
    router,
    {
      description: router.description,
      admin_state_up: router.admin_state_up,
      has_gateway: gateway !== null,
      routes: router.routes.map(({ destination, nexthop }) => `${destination} by ${nexthop}`).sort(),
      interfaces: legs.flatMap((port) => addressesOf(port.fixed_ips, seen)).sort(),
      tags: foreign(router.tags),
    },
    gateway === null
      ? {}
      : {
          'external network': nameIn(seen.networks, gateway.network_id),
          'external address': gateway.external_fixed_ips.map(({ ip_address }) => ip_address).join(', '),
        },
  );
}

function groupFeature(group: Group, { groups }: Seen): Feature {
  const rules = group.security_group_rules.map((rule) => ruleText(rule, groups)).sort();
  return feature('security group', group, { description: group.description, rules, tags: foreign(group.tags) });
}

/** One rule as a sentence, so that rules compare whatever their ids and order. */
function ruleText(rule: Rule, groups: readonly Group[]): string {
  const { direction, ethertype, protocol, port_range_min, port_range_max, remote_ip_prefix, remote_group_id, description } = rule;
  const far = remote_group_id === null ? (remote_ip_prefix ?? 'anywhere') : `group ${nameIn(groups, remote_group_id)}`;
  const note = description ? ` (${description})` : '';
  const range = port_range_min === null ? '' : ` ${port_range_min}-${port_range_max}`;
  return `${direction} ${ethertype} ${protocol ?? 'any'}${range} ${direction === 'ingress' ? 'from' : 'to'} ${far}${note}`;
}

function serverGroupFeature(group: ServerGroup, { servers, ports }: Seen): Feature {
  const members = servers.filter(({ id }) => group.members.includes(id)).map((server) => serverName(server, ports));
  return feature('server group', group, { policy: group.policy, rules: group.rules, members: members.sort() });
}

function serverFeature(server: Server, { ports }: Seen): Feature {
  const { status, description, key_name, metadata, config_drive, flavor, tags } = server;
  const { vcpus, ram, disk, ephemeral, swap, original_name } = flavor;
  const interfaces = Object.values(server.addresses).flatMap((entries) => [
    ...new Set(entries.map((entry) => entry['OS-EXT-IPS-MAC:mac_addr'])),
  ]);
  return feature(
    'server',
    { id: server.id, name: serverName(server, ports) },
    {
      name: server.name,
      // Nova shows null for a description that was never given, and an empty one as it is.
      description: description ?? '',
      hostname: server['OS-EXT-SRV-ATTR:hostname'],
      status,
      key_name,
      metadata,
      config_drive,
      interfaces,
      flavor: { vcpus, ram, disk, ephemeral, swap: Number(swap) },
      tags: foreign(tags),
    },
    { flavor: original_name },
  );
}

function portFeature(port: Port, seen: Seen): Feature {
  const server = seen.servers.find(({ id }) => id === port.device_id);
  return feature(
    'port',
    { id: port.id, name: port.mac_address },
    {
      name: port.name,
      description: port.description,
      network: nameIn(seen.networks, port.network_id),
      fixed_ips: addressesOf(port.fixed_ips, seen),
      server: server === undefined ? port.device_id : serverName(server, seen.ports),
      security_groups: port.security_groups.map((id) => nameIn(seen.groups, id)).sort(),
      admin_state_up: port.admin_state_up,
      port_security_enabled: port.port_security_enabled,
      allowed_address_pairs: port.allowed_address_pairs.map((pair) => `${pair.ip_address} ${pair.mac_address ?? ''}`).sort(),
      tags: foreign(port.tags),
    },
  );
}

function floatingIpFeature(ip: FloatingIp, { ports, networks }: Seen): Feature {
  const port = ports.find(({ id }) => id === ip.port_id);
  return feature(
    'floating IP',
    { id: ip.id, name: ip.fixed_ip_address === null ? 'unused' : `to ${ip.fixed_ip_address}` },
    { description: ip.description, port: port?.mac_address ?? null, fixed_ip: ip.fixed_ip_address, tags: foreign(ip.tags) },
    { address: ip.floating_ip_address, network: nameIn(networks, ip.floating_network_id) },
  );
}

/** A server's name with its first address, because names may repeat. */
function serverName({ id, name }: Server, ports: readonly Port[]): string {
  const addresses = ports.filter(({ device_id }) => device_id === id).flatMap(({ fixed_ips }) => fixed_ips);
  const [first] = addresses.map(({ ip_address }) => ip_address).sort();
  return `${name} (${first})`;
}

function addressesOf(fixedIps: readonly FixedIp[], { subnets }: Seen): string[] {
  return fixedIps.map(({ ip_address, subnet_id }) => `${ip_address} in ${nameIn(subnets, subnet_id)}`);
}

function nameIn(things: readonly Named[], id: string): string {
  return things.find((thing) => thing.id === id)?.name ?? id;
}

/** The tags that are not a campaign's own. */
function foreign(tags: readonly string[] = []): string[] {
  return tags.filter((tag) => !tag.startsWith('godwit-')).sort();
}

import { canonicalCidr, canonicalIp, contains } from '../../../ip.ts';
import type { Concern } from '../../../model/concern.ts';
import { refOf } from '../../../model/resource.ts';
import type { ApiPort, ApiRouter, ApiSubnet } from '../api.ts';
import { noDns } from '../dns/contents.ts';
import type { Contents } from './contents.ts';
import { nobody } from './people.ts';
import { policiesOfPart } from './policies.ts';
import { withRemoteGroups } from './remote-groups.ts';

/** What the chosen servers need of a project, and the concerns about what is cut off. */
interface Part {
  readonly contents: Contents;
  readonly concerns: readonly Concern[];
}

/**
 * Removes what the chosen servers do not need: networks, routers, groups and addresses, and the
 * volumes and images that were not `chosen`. The ports of virtual addresses stay, so that the
 * destination gives these addresses to nobody else.
 */
export function partOf(contents: Contents, chosen: readonly string[] = []): Part {
  const plugged = contents.ports.filter((port) => port.device_id !== '');
  const trunks = contents.trunks.filter((trunk) => plugged.some(({ id }) => id === trunk.port_id));
  const subports = new Set(trunks.flatMap(({ sub_ports }) => sub_ports.map(({ port_id }) => port_id)));
  const own = [...plugged, ...contents.ports.filter(({ id }) => subports.has(id))];
  const ports = [...own, ...virtualPorts(own, contents).filter((port) => !own.includes(port))];
  const onNetworks = new Set(ports.map((port) => port.network_id));
  const subnets = contents.subnets.filter((subnet) => onNetworks.has(subnet.network_id));
  const interfaces = contents.interfaces.filter((port) => onNetworks.has(port.network_id));
  const used = contents.routers.filter((router) => interfaces.some((port) => port.device_id === router.id));
  const routers = used.map((router) => ({ ...router, routes: keptRoutes(router, contents, interfaces) }));
  const forwardings = contents.forwardings.filter(({ answer }) => ports.some(({ id }) => id === answer.internal_port_id));
  const floatingIps = contents.floatingIps.filter(
    (ip) => ports.some((port) => port.id === ip.port_id) || forwardings.some(({ floatingIp }) => floatingIp.id === ip.id),
  );
  const outside = [
    ...routers.flatMap((router) => router.external_gateway_info?.network_id ?? []),
    ...floatingIps.map((ip) => ip.floating_network_id),
  ];
  const groups = withRemoteGroups(
    contents.groups,
    ports.flatMap((port) => port.security_groups ?? []),
  );
  const pools = contents.subnetPools.filter(({ id }) => subnets.some((subnet) => subnet.subnetpool_id === id));
  const kept = contents.groups.filter((group) => groups.has(group.id));
  const named = new Set(kept.flatMap((group) => group.security_group_rules.map((rule) => rule.remote_address_group_id)));
  const qosPolicies = policiesOfPart({ ...contents, ports, floatingIps, routers }, contents.qosPolicies);
  return {
    contents: {
      ...contents,
      people: nobody,
      project: null,
      dns: noDns,
      quotaSets: [],
      qosPolicies,
      ports,
      trunks,
      otherPorts: [],
      volumes: volumesOfPart(contents, chosen),
      ownImages: contents.ownImages.filter(({ id }) => chosen.includes(id)),
      keypairs: contents.keypairs.filter(({ name }) => contents.servers.some(({ key_name }) => key_name === name)),
      serverGroups: groupsOfPart(contents),
      networks: contents.networks.filter((network) => onNetworks.has(network.id) || outside.includes(network.id)),
      subnets,
      subnetPools: pools,
      addressScopes: contents.addressScopes.filter(({ id }) => pools.some((pool) => pool.address_scope_id === id)),
      routers,
      interfaces,
      floatingIps,
      forwardings,
      addressGroups: contents.addressGroups.filter(({ id }) => named.has(id)),
      groups: kept,
    },
    concerns: used.flatMap((router) => lostRoutes(router, contents, interfaces)),
  };
}

/** The server groups that a chosen server is in. */
function groupsOfPart({ serverGroups, servers }: Contents): Contents['serverGroups'] {
  return serverGroups?.filter(({ members }) => servers.some(({ id }) => members.includes(id))) ?? null;
}

/** The volumes of the chosen servers, and chosen ones; no others are said to stay behind. */
function volumesOfPart({ volumes, attachments }: Contents, chosen: readonly string[]): Contents['volumes'] {
  const ids = new Set([...attachments.values()].flatMap((all) => all.map(({ volumeId }) => volumeId)).concat(chosen));
  return volumes?.filter(({ id }) => ids.has(id)) ?? (ids.size > 0 ? null : []);
}

/**
 * The ports without a device that hold an address which a chosen server may answer for, as
 * keepalived needs them.
 */
function virtualPorts(own: readonly ApiPort[], { ports, subnets }: Contents): ApiPort[] {
  return ports.filter(
    (port) =>
      port.device_id === '' &&
      own.some(
        (other) =>
          other.network_id === port.network_id &&
          (other.allowed_address_pairs ?? []).some(({ ip_address }) => isAnsweredFor(port, ip_address, subnets)),
      ),
  );
}

/** A pair that covers a whole subnet is that of a router or firewall: it names no address. */
function isAnsweredFor(port: ApiPort, pair: string, subnets: readonly ApiSubnet[]): boolean {
  return port.fixed_ips.some((fixed) => {
    const subnet = subnets.find(({ id }) => id === fixed.subnet_id);
    return contains(pair, canonicalIp(fixed.ip_address)) && (subnet === undefined || !covers(pair, subnet.cidr));
  });
}

function covers(range: string, cidr: string): boolean {
  const length = (text: string): number => Number(canonicalCidr(text).split('/')[1]);
  return range.includes('/') && length(range) <= length(cidr);
}

type StaticRoutes = NonNullable<ApiRouter['routes']>;

/**
 * The static routes of a router whose next hop is behind none of the interfaces that are left out.
 */
function keptRoutes(router: ApiRouter, contents: Contents, kept: Contents['interfaces']): StaticRoutes {
  const lost = lostSubnets(router, contents, kept);
  return (router.routes ?? []).filter(({ nexthop }) => !lost.some(({ cidr }) => contains(cidr, nexthop)));
}

function lostSubnets(router: ApiRouter, { interfaces, subnets }: Contents, kept: Contents['interfaces']): ApiSubnet[] {
  const lost = interfaces.filter((port) => port.device_id === router.id && !kept.includes(port));
  const ids = new Set(lost.flatMap((port) => port.fixed_ips.map((ip) => ip.subnet_id)));
  return subnets.filter(({ id }) => ids.has(id));
}

function lostRoutes(router: ApiRouter, contents: Contents, kept: Contents['interfaces']): Concern[] {
  const stays = keptRoutes(router, contents, kept);
  const lost = (router.routes ?? []).filter((route) => !stays.includes(route));
  if (lost.length === 0) return [];
  const list = lost.map(({ destination, nexthop }) => `${destination} via ${nexthop}`).join(', ');
  return [
    {
      code: 'routes.left_out',
      severity: 'warning',
      about: refOf('router', router.id),
      says: `The router ${router.name || router.id} loses static routes, for their next hops are on networks that none of the chosen servers uses: ${list}.`,
      remedy: 'Move a server of these networks too, or add the routes at the destination by hand.',
    },
  ];
}

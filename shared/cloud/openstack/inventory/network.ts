import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { ApiNetwork, ApiPort, ApiRouter, ApiSubnet } from '../api.ts';
import { foreignTags } from '../stamp.ts';

/** Describes a network. */
export function networkOf(network: ApiNetwork): ResourceOf<'network'> {
  return {
    kind: 'network',
    id: network.id,
    name: network.name,
    needs: [],
    description: network.description ?? '',
    tags: foreignTags(network.tags),
    admin_state_up: network.admin_state_up,
    mtu: network.mtu ?? null,
    port_security_enabled: network.port_security_enabled ?? true,
    external: network['router:external'] ?? false,
    shared: network.shared,
    provider_network_type: network['provider:network_type'] ?? null,
    provider_physical_network: network['provider:physical_network'] ?? null,
    provider_segmentation_id: network['provider:segmentation_id'] ?? null,
    dns_domain: network.dns_domain ?? '',
  };
}

/** Describes a subnet. */
export function subnetOf(subnet: ApiSubnet): ResourceOf<'subnet'> {
  return {
    kind: 'subnet',
    id: subnet.id,
    name: subnet.name,
    needs: [refOf('network', subnet.network_id)],
    description: subnet.description ?? '',
    tags: foreignTags(subnet.tags),
    network_id: subnet.network_id,
    ip_version: subnet.ip_version,
    cidr: subnet.cidr,
    gateway_ip: subnet.gateway_ip,
    enable_dhcp: subnet.enable_dhcp,
    allocation_pools: subnet.allocation_pools.map(({ start, end }) => ({ start, end })),
    dns_nameservers: [...subnet.dns_nameservers],
    host_routes: subnet.host_routes.map(({ destination, nexthop }) => ({ destination, nexthop })),
    ipv6_address_mode: subnet.ipv6_address_mode,
    ipv6_ra_mode: subnet.ipv6_ra_mode,
    service_types: [...(subnet.service_types ?? [])],
  };
}

/** Describes a router and what hangs on it: gateway, interfaces and static routes, each a resource that needs something else. */
export function routerOf(
  router: ApiRouter,
  interfaces: readonly ApiPort[],
): (ResourceOf<'router'> | ResourceOf<'gateway'> | ResourceOf<'interface'> | ResourceOf<'routes'>)[] {
  const own = refOf('router', router.id);
  const legs = interfaces.filter((port) => port.device_id === router.id).map((port) => interfaceOf(port));
  const info = router.external_gateway_info;
  const routes = (router.routes ?? []).map(({ destination, nexthop }) => ({ destination, nexthop }));
  const { id, name } = router;
  const reach = [...legs.map((leg) => refOf('interface', leg.id)), ...(info === null ? [] : [refOf('gateway', id)])];
  return [
    {
      kind: 'router',
      id,
      name,
      needs: [],
      description: router.description ?? '',
      tags: foreignTags(router.tags),
      admin_state_up: router.admin_state_up,
    },
    ...(info === null ? [] : [gatewayOf(router, info)]),
    ...legs,
    ...(routes.length === 0 ? [] : [{ kind: 'routes' as const, id, name, needs: [own, ...reach], router_id: id, routes }]),
  ];
}

function gatewayOf(router: ApiRouter, info: NonNullable<ApiRouter['external_gateway_info']>): ResourceOf<'gateway'> {
  return {
    kind: 'gateway',
    id: router.id,
    name: router.name,
    needs: [refOf('router', router.id), refOf('network', info.network_id)],
    router_id: router.id,
    network_id: info.network_id,
    enable_snat: info.enable_snat ?? null,
    external_fixed_ips: (info.external_fixed_ips ?? []).map(({ subnet_id, ip_address }) => ({ subnet_id, ip_address })),
  };
}

function interfaceOf(port: ApiPort): ResourceOf<'interface'> {
  const subnets = [...new Set(port.fixed_ips.map((ip) => ip.subnet_id))];
  return {
    kind: 'interface',
    id: port.id,
    name: port.name,
    needs: [refOf('router', port.device_id), ...subnets.map((id) => refOf('subnet', id))],
    router_id: port.device_id,
    network_id: port.network_id,
    fixed_ips: port.fixed_ips.map(({ subnet_id, ip_address }) => ({ subnet_id, ip_address })),
    mac_address: port.mac_address,
  };
}

import { derived, type Table } from './attribute.ts';
import { routes as canonicalRoutes, fixedIps } from './canonical.ts';
import { port } from './port.ts';
import { anyValue, areOurs, books, described, name } from './standard.ts';

/**
 * What a cloud needs to make a router that is highly available, or distributed, where its own
 * default is not that: only an admin may ask (neutron/conf/policies/router.py), and a distributed
 * router is served by no L3 agent of another mode.
 */
export const haRouters = 'l3-ha as admin';
export const distributedRouters = 'dvr as admin, with an L3 agent in mode dvr_snat';

/** Network API v2.0, "Show router details"; gateway, routes, interfaces have their own tables. */
// biome-ignore format: a table is read by column
export const router: Table = [
  name,
  ...described,
  { api: 'admin_state_up',            field: 'admin_state_up', fate: 'carried', sent: 'always', default: true },
  { api: 'ha',                        field: 'ha', fate: 'carried', sent: 'if known', default: null,
    needs: haRouters, values: [{ needs: haRouters, fits: isTrue }], harmless: isNo, accepts: anyValue },
  { api: 'distributed',               field: 'distributed', fate: 'carried', sent: 'if known', default: null,
    needs: distributedRouters, values: [{ needs: distributedRouters, fits: isTrue }], harmless: isNo, accepts: anyValue },
  { api: 'flavor_id',                 fate: 'told', why: 'router flavors are the cloud’s own' },
  { api: 'service_type_id',           fate: 'told', why: 'service types are the cloud’s own' },
  { api: 'availability_zone_hints',   fate: 'told', why: 'the zones of the two clouds have nothing in common' },
  { api: 'enable_ndp_proxy',          fate: 'told', why: 'the NDP proxies of a router are not moved' },
  { api: 'conntrack_helpers',         fate: 'told', why: 'the conntrack helpers of a router are not moved' },
  { api: 'external_gateways',         fate: 'told', why: 'only the first gateway of a router is moved', harmless: isOne },
  { api: 'enable_default_route_bfd',  fate: 'told', why: 'BFD on the default routes is of routers with several gateways' },
  { api: 'enable_default_route_ecmp', fate: 'told', why: 'ECMP on the default routes is of routers with several gateways' },
  { api: 'external_gateway_info',     fate: 'mapped', why: 'a resource of its own: gateway' },
  { api: 'routes',                    fate: 'mapped', why: 'a resource of its own: routes' },
  ...derived('the state of the router', 'status', 'availability_zones'),
  ...books,
];

/** `external_gateway_info` of the same answer. The plan says which address the gateway gets. */
// biome-ignore format: a table is read by column
export const gateway: Table = [
  { api: null,                 field: 'router_id',          fate: 'mapped', refers: 'router', why: 'the router it is part of' },
  { api: 'network_id',         field: 'network_id',         fate: 'carried', refers: 'network' },
  { api: 'enable_snat',        field: 'enable_snat',        fate: 'carried', sent: 'if known', default: null },
  { api: 'external_fixed_ips', field: 'external_fixed_ips', fate: 'mapped', default: [], keys: ['subnet_id', 'ip_address'] },
  { api: 'qos_policy_id', field: 'qos_policy_id', fate: 'carried', sent: 'unless default', default: null, refers: 'qos_policy',
    needs: 'qos-gateway-ip', accepts: anyValue },
];

/** `routes` of the same answer. */
// biome-ignore format: a table is read by column
export const routes: Table = [
  { api: null,     field: 'router_id', fate: 'mapped', refers: 'router', why: 'the router it is part of' },
  { api: 'routes', field: 'routes',    fate: 'carried', sent: 'always', default: [], keys: ['destination', 'nexthop'], canonical: canonicalRoutes },
];

const madeByNeutron = 'the port of a router is made by Neutron';

// biome-ignore format: a table is read by column
const own: Table = [
  { ...name,                                  fate: 'told', why: 'an interface at the subnet’s gateway address is made by Neutron, without a name' },
  { api: 'device_id',   field: 'router_id',   fate: 'carried', refers: 'router' },
  { api: 'network_id',  field: 'network_id',  fate: 'carried', sent: 'always', refers: 'network' },
  { api: 'fixed_ips',   field: 'fixed_ips',   fate: 'carried', sent: 'always', refers: 'subnet',
    keys: ['subnet_id', 'ip_address'], canonical: fixedIps },
  { api: 'mac_address', field: 'mac_address', fate: 'derived', why: 'guests ask for the router’s address anew' },
  { api: 'admin_state_up', fate: 'told', default: true, why: 'the interface is created in service' },
  { api: 'tags',        fate: 'told', why: madeByNeutron, harmless: areOurs },
  ...derived('a router’s port has no filters', 'device_owner', 'port_security_enabled', 'security_groups'),
  ...derived('of ports of servers alone', 'propagate_uplink_status'),
];

/** A router's interface: the answer is that of its port, whose other fields Neutron sets. */
export const routerInterface: Table = [
  ...own,
  ...port
    .filter(({ api }) => !own.some((row) => row.api === api))
    .map(({ api, fate, default: fallback, why }) =>
      fate === 'carried'
        ? { api, fate: 'told' as const, default: fallback, why: madeByNeutron }
        : { api, fate, default: fallback, why: why ?? '' },
    ),
];

function isOne(gateways: readonly unknown[]): boolean {
  return gateways.length <= 1;
}

function isTrue(value: string): boolean {
  return value === 'true';
}

function isNo(value: unknown): boolean {
  return value === false;
}

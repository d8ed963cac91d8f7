import type { Cloud } from '../cloud.ts';
import { defaultPools } from './addresses.ts';
import type { Network, Port, Router, Subnet } from './model.ts';
import { plainWish, plugPort } from './ports.ts';
import { newStandard } from './standard.ts';
import { removePort } from './unplug.ts';

/** `l3_ha_net_cidr` (neutron/db/l3_hamode_db.py), which has no gateway. */
const cidr = '169.254.192.0/18';
/** Agents on which a router lies, of `max_l3_agents_per_router` at most. */
const agents = 2;
const owner = 'network:router_ha_interface';

/** The device owners of a router's legs (neutron_lib/constants.py, ROUTER_INTERFACE_OWNERS). */
const legOwners: readonly string[] = [
  'network:router_interface',
  'network:ha_router_replicated_interface',
  'network:router_interface_distributed',
];

/** Whether a port is a leg of a router. */
export const isLeg = (port: { readonly deviceOwner: string }): boolean => legOwners.includes(port.deviceOwner);

/** The device owner of a router's legs: a distributed one counts as such even where it is HA. */
export function legOwnerOf(router: Router): string {
  if (router.distributed) return 'network:router_interface_distributed';
  return router.ha ? 'network:ha_router_replicated_interface' : 'network:router_interface';
}

/**
 * Gives an HA router its ports in the HA network of its project, which belongs to no project and is
 * made for the first one (l3_hamode_db.py, _create_ha_network and add_ha_port).
 */
export function plugHa(cloud: Cloud, router: Router): void {
  const network = haNetworkOf(cloud, router.project) ?? newHaNetwork(cloud, router.project);
  for (let agent = 0; agent < agents; agent += 1) {
    const port = plugPort(cloud, network, '', { ...plainWish, deviceId: router.id, deviceOwner: owner });
    port.name = `HA port tenant ${router.project}`;
  }
}

/** Takes an HA router out of its HA network, which goes with the last one. */
export function unplugHa(cloud: Cloud, router: Router): void {
  const isOurs = (port: Port): boolean => port.deviceOwner === owner && port.deviceId === router.id;
  for (const port of [...cloud.state.ports.values()]) if (isOurs(port)) removePort(cloud, port);
  const network = haNetworkOf(cloud, router.project);
  if (network === undefined || [...cloud.state.ports.values()].some((port) => port.networkId === network.id)) return;
  for (const subnet of [...cloud.state.subnets.values()])
    if (subnet.networkId === network.id) cloud.state.subnets.delete(subnet.id);
  cloud.state.networks.delete(network.id);
}

const nameOf = (project: string): string => `HA network tenant ${project}`;

function haNetworkOf(cloud: Cloud, project: string): Network | undefined {
  return [...cloud.state.networks.values()].find((network) => network.project === '' && network.name === nameOf(project));
}

function newHaNetwork(cloud: Cloud, project: string): Network {
  const network: Network = {
    ...newStandard(''),
    name: nameOf(project),
    adminStateUp: true,
    shared: false,
    external: false,
    isDefault: false,
    mtu: 1450,
    portSecurity: true,
    dnsDomain: '',
    zoneHints: [],
    provider: { type: 'vxlan', physical: null, segment: 1 },
  };
  const subnet: Subnet = {
    ...newStandard(''),
    networkId: network.id,
    name: `HA subnet tenant ${project}`,
    ipVersion: 4,
    cidr,
    gatewayIp: null,
    pools: defaultPools(cidr, null),
    dnsNameservers: [],
    hostRoutes: [],
    enableDhcp: false,
    raMode: null,
    addressMode: null,
    serviceTypes: [],
  };
  cloud.state.networks.set(network.id, network);
  cloud.state.subnets.set(subnet.id, subnet);
  return network;
}

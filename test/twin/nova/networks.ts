import type { Cloud } from '../cloud.ts';
import { takenOn } from '../neutron/addresses.ts';
import { hostName } from '../neutron/dhcp.ts';
import type { Network, Port } from '../neutron/model.ts';
import { seesNetwork } from '../neutron/networks.ts';
import { plainWish, plugPort } from '../neutron/ports.ts';
import { defaultGroup } from '../neutron/security-groups.ts';
import { bump } from '../neutron/standard.ts';
import { badRequest, conflict } from '../refusal.ts';
import type { Call } from '../route.ts';
import type { NetworkRequest, Server } from './model.ts';

/** The networks of a request. */
export type GivenNetworks =
  | readonly {
      uuid?: string | undefined;
      port?: string | null | undefined;
      fixed_ip?: string | undefined;
      tag?: string | undefined;
    }[]
  | 'auto'
  | 'none'
  | undefined;

/** The interfaces a server shall have, and the groups for those that Nova makes. */
export interface Requested {
  readonly requests: readonly NetworkRequest[];
  readonly groupNames: readonly string[];
}

/** Checks the request's networks before anything is made, as Nova's API does. */
export function requestNetworks(call: Call, given: GivenNetworks, groups: readonly string[]): Requested {
  const groupNames = groups.length === 0 ? ['default'] : groups;
  for (const name of groupNames) findGroup(call.cloud, call.caller.projectId, name);
  if (given === 'none') return { requests: [], groupNames };
  if (given === undefined || given === 'auto' || given.length === 0) return { requests: automatic(call, given), groupNames };
  return { requests: given.map((each) => checked(call, each)), groupNames };
}

/** The project's only network, where the request names none; with several networks Nova refuses. */
function automatic(call: Call, given: GivenNetworks): NetworkRequest[] {
  const { state } = call.cloud;
  const withSubnet = (network: Network): boolean => [...state.subnets.values()].some((subnet) => subnet.networkId === network.id);
  const usable = [...state.networks.values()].filter(
    (network) => (network.project === call.caller.projectId || network.shared) && !network.external && withSubnet(network),
  );
  const own = usable.filter((network) => network.project === call.caller.projectId);
  const candidates = given === 'auto' && own.length > 0 ? own : usable;
  if (candidates.length > 1) throw conflict('Multiple possible networks found, use a Network ID to be more specific.');
  if (candidates.length === 0 && given === 'auto')
    throw badRequest(`Unable to automatically allocate a network for project ${call.caller.projectId}`);
  return candidates.map((network) => ({ portId: null, networkId: network.id, fixedIp: null }));
}

function checked(
  call: Call,
  given: { uuid?: string | undefined; port?: string | null | undefined; fixed_ip?: string | undefined; tag?: string | undefined },
): NetworkRequest {
  const { cloud, caller } = call;
  if (given.port) {
    const port = cloud.state.ports.get(given.port);
    if (port === undefined || (port.project !== caller.projectId && !caller.admin))
      throw badRequest(`Port id ${given.port} could not be found.`);
    checkFree(port);
    return { portId: port.id, networkId: port.networkId, fixedIp: null, tag: given.tag };
  }
  const network = cloud.state.networks.get(given.uuid ?? '');
  if (network === undefined || !seesNetwork(caller, network)) throw badRequest(`Network ${given.uuid ?? ''} could not be found.`);
  const subnets = [...cloud.state.subnets.values()].filter((subnet) => subnet.networkId === network.id);
  if (subnets.length === 0) throw badRequest(`Network ${network.id} requires a subnet in order to boot instances on.`);
  const fixedIp = given.fixed_ip ?? null;
  if (fixedIp !== null && subnets.some((subnet) => takenOn(cloud, subnet.id).has(fixedIp)))
    throw badRequest(`Fixed IP address ${fixedIp} is already in use on instance .`);
  return { portId: null, networkId: network.id, fixedIp, tag: given.tag };
}

/** Refuses a port that some device has, or that has no address. */
function checkFree(port: Port): void {
  if (port.deviceId !== '') throw conflict(`Port ${port.id} is still in use.`);
  if (port.fixedIps.length === 0) throw badRequest(`Port ${port.id} requires a FixedIP in order to be used.`);
}

/**
 * Refuses a port with another DNS name than the server's host name. Nova finds it when it builds
 * the server, not when it takes the request (nova/network/neutron.py,
 * _validate_requested_port_ids).
 */
function checkDnsName({ id, hostname }: Server, { id: portId, dnsName }: Port): void {
  if (dnsName === '' || dnsName === hostname) return;
  const says = `Port ${portId} not usable for instance ${id}. Value ${dnsName} assigned to dns_name attribute does not match instance's hostname ${hostname}`;
  throw badRequest(says);
}

function findGroup(cloud: Cloud, projectId: string, name: string): string {
  if (name === 'default') return defaultGroup(cloud, projectId).id;
  const own = [...cloud.state.groups.values()].filter((group) => group.project === projectId);
  const found = own.filter((group) => group.id === name || group.name === name);
  const [first, second] = found.some((group) => group.id === name) ? found.filter((group) => group.id === name) : found;
  if (first === undefined) throw badRequest(`Unable to find security_group with name or id '${name}'`);
  if (second !== undefined) throw conflict(`Multiple security groups found matching '${name}'. Use an ID to be more specific.`);
  return first.id;
}

/** Plugs one interface into a server: a given port is bound, otherwise a port is made. */
export function plugInterface(cloud: Cloud, server: Server, request: NetworkRequest): Port {
  const port = request.portId === null ? makePort(cloud, server, request) : cloud.state.ports.get(request.portId);
  if (port === undefined) throw badRequest(`Port id ${request.portId} could not be found.`);
  if (request.portId !== null) {
    checkFree(port);
    checkDnsName(server, port);
  }
  port.deviceId = server.id;
  port.deviceOwner = `compute:${server.zone}`;
  port.hostId = hostName;
  // nova/network/neutron.py, _populate_neutron_extension_values and _update_port_dns_name.
  if (cloud.settings.dns) port.dnsName = server.hostname;
  if (!server.portIds.includes(port.id)) server.portIds.push(port.id);
  if (request.tag !== undefined) server.portTags = { ...server.portTags, [port.id]: request.tag };
  bump(cloud, port);
  return port;
}

const isAdmin = (cloud: Cloud, userId: string): boolean =>
  [...cloud.state.assignments.values()].some((each) => each.userId === userId && each.role === 'admin');

function makePort(cloud: Cloud, server: Server, request: NetworkRequest): Port {
  const network = cloud.state.networks.get(request.networkId ?? '');
  if (network === undefined) throw badRequest(`Network ${request.networkId} could not be found.`);
  // Whether a member may plug into an external network is asked only here, when the server is long
  // accepted.
  if (network.external && !network.shared && !isAdmin(cloud, server.userId))
    throw badRequest('Failed to allocate the network(s), not rescheduling.');
  const wanted = request.fixedIp === null ? null : [{ ip_address: request.fixedIp }];
  const groups = network.portSecurity ? server.groupNames.map((name) => findGroup(cloud, server.projectId, name)) : null;
  const port = plugPort(cloud, network, server.projectId, { ...plainWish, wanted, groups });
  server.ownPortIds.push(port.id);
  return port;
}

/**
 * Takes an interface from a server: a port that Nova made goes, one that was given becomes free
 * again.
 */
export function unplugInterface(cloud: Cloud, server: Server, port: Port, remove: (port: Port) => void): void {
  const own = server.ownPortIds.includes(port.id);
  server.portIds = server.portIds.filter((id) => id !== port.id);
  server.ownPortIds = server.ownPortIds.filter((id) => id !== port.id);
  if (own) {
    remove(port);
    return;
  }
  port.deviceId = '';
  port.deviceOwner = '';
  port.hostId = '';
  // The same file, _unbind_ports and _reset_port_dns_name.
  if (cloud.settings.dns) port.dnsName = '';
  port.status = 'DOWN';
  bump(cloud, port);
}

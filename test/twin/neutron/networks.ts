import type { Cloud } from '../cloud.ts';
import type { Caller } from '../policy.ts';
import { mayUse } from '../policy.ts';
import { badRequest, conflict, forbidden } from '../refusal.ts';
import type { Call } from '../route.ts';
import { nextNumber } from '../state.ts';
import { bool, type Given, integer, listOf, oneOf, orNull, readPost, readPut, text, uuid } from './attributes.ts';
import { collectionRoutes } from './collection.ts';
import type { Network } from './model.ts';
import { policyFor, policyForNetwork, policyShown } from './qos.ts';
import { setShared } from './sharing.ts';
import { bump, checkQuota, isSharedWith, missing, newStandard, standardView } from './standard.ts';
import { isAutoDeleted, removePort } from './unplug.ts';

/** MTU of an external flat network. */
const flatMtu = 1500;

const attributes = {
  name: { check: text(), fallback: '' },
  description: { check: text(), fallback: '' },
  admin_state_up: { check: bool, fallback: true },
  shared: { check: bool, fallback: false, adminOnly: true },
  'router:external': { check: bool, fallback: false, adminOnly: true },
  is_default: { check: bool, fallback: false, adminOnly: true },
  mtu: { check: integer(0, 65535), fallback: 0 },
  port_security_enabled: { check: bool, fallback: true },
  dns_domain: { check: text(), fallback: '' },
  availability_zone_hints: { check: listOf(text()), fallback: [] as string[], put: false },
  qos_policy_id: { check: orNull(uuid), fallback: null },
  'provider:network_type': { check: oneOf('flat', 'vlan', 'vxlan', 'local', 'gre'), fallback: null, adminOnly: true },
  'provider:physical_network': { check: orNull(text()), fallback: null, adminOnly: true },
  'provider:segmentation_id': { check: orNull(integer(1, 16777215)), fallback: null, adminOnly: true },
};

/** Whether the caller finds a network: its own, shared and external ones. */
export const seesNetwork = (caller: Caller, network: Network): boolean =>
  mayUse(caller, network.project) || isSharedWith(caller, network) || network.shared || network.external;

/**
 * Refuses to put things on a network that is neither the caller's nor shared; that it is external
 * does not open it.
 */
export function mustBeOpen(call: Call, network: Network, thing: string): void {
  if (mayUse(call.caller, network.project) || network.shared || isSharedWith(call.caller, network)) return;
  throw forbidden(`Tenant ${call.caller.projectId} not allowed to create ${thing} on this network`, 'HTTPForbidden');
}

/** The network as Neutron shows it (Network API v2.0, "Show network details"). */
function networkView(cloud: Cloud, caller: Caller, network: Network): Record<string, unknown> {
  const subnets = [...cloud.state.subnets.values()]
    .filter((subnet) => subnet.networkId === network.id)
    .map((subnet) => subnet.id);
  const view: Record<string, unknown> = {
    ...standardView(network),
    name: network.name,
    admin_state_up: network.adminStateUp,
    status: 'ACTIVE',
    subnets,
    shared: network.shared || isSharedWith(caller, network),
    'router:external': network.external,
    mtu: network.mtu,
    port_security_enabled: network.portSecurity,
    availability_zone_hints: network.zoneHints,
    availability_zones: subnets.length > 0 ? ['nova'] : [],
    ipv4_address_scope: null,
    ipv6_address_scope: null,
  };
  Object.assign(view, policyShown(cloud, network.qosPolicyId));
  if (network.external) view['is_default'] = network.isDefault;
  if (caller.admin) {
    view['provider:network_type'] = network.provider.type;
    view['provider:physical_network'] = network.provider.physical;
    view['provider:segmentation_id'] = network.provider.segment;
  }
  return view;
}

function makeNetwork(call: Call, given: Record<string, unknown>): Network {
  const { cloud } = call;
  const { projectId, values } = readPost(call.caller, 'create_network', attributes, given);
  checkQuota(cloud, projectId, 'network');
  const provider = providerOf(cloud, values);
  const most = provider.type === 'vxlan' ? cloud.settings.tunnelMtu : flatMtu;
  if (values.mtu > most) throw tooBig(most);
  const network: Network = {
    ...newStandard(projectId, values.description),
    name: values.name,
    adminStateUp: values.admin_state_up,
    shared: values.shared,
    external: values['router:external'],
    isDefault: values.is_default,
    mtu: values.mtu === 0 ? most : values.mtu,
    portSecurity: values.port_security_enabled,
    dnsDomain: values.dns_domain,
    qosPolicyId: policyForNetwork(call, projectId, values.qos_policy_id),
    zoneHints: values.availability_zone_hints,
    provider,
  };
  cloud.state.networks.set(network.id, network);
  setShared(cloud, 'network', network, values.shared);
  bump(cloud, network);
  return network;
}

const tooBig = (most: number) =>
  badRequest(`Invalid input for operation: Requested MTU is too big, maximum is ${most}.`, 'InvalidInput');

function providerOf(cloud: Cloud, values: Given<typeof attributes>): Network['provider'] {
  const type = values['provider:network_type'] ?? 'vxlan';
  const physical = values['provider:physical_network'];
  const segment = values['provider:segmentation_id'];
  const others = [...cloud.state.networks.values()].map((network) => network.provider);
  if (type === 'flat' || type === 'vlan') {
    if (physical === null)
      throw badRequest(`Invalid input for operation: physical_network required for ${type} provider network.`, 'InvalidInput');
    if (type === 'flat' && others.some((other) => other.type === 'flat' && other.physical === physical)) {
      throw conflict(`Unable to create the flat network. Physical network ${physical} is in use.`, 'FlatNetworkInUse');
    }
    return { type, physical, segment };
  }
  return { type, physical: null, segment: segment ?? nextNumber(cloud.state, 'segment') };
}

function changeNetwork(call: Call, network: Network, given: Record<string, unknown>): void {
  const values = readPut(call.caller, 'update_network', attributes, given);
  const most = network.provider.type === 'vxlan' ? call.cloud.settings.tunnelMtu : flatMtu;
  if ((values.mtu ?? 0) > most) throw tooBig(most);
  network.name = values.name ?? network.name;
  network.description = values.description ?? network.description;
  network.adminStateUp = values.admin_state_up ?? network.adminStateUp;
  if (values.shared !== undefined) setShared(call.cloud, 'network', network, values.shared);
  network.external = values['router:external'] ?? network.external;
  network.isDefault = values.is_default ?? network.isDefault;
  network.mtu = values.mtu ?? network.mtu;
  network.portSecurity = values.port_security_enabled ?? network.portSecurity;
  network.dnsDomain = values.dns_domain ?? network.dnsDomain;
  if (values.qos_policy_id !== undefined) network.qosPolicyId = policyFor(call, values.qos_policy_id);
  bump(call.cloud, network);
}

function removeNetwork({ cloud }: Call, network: Network): void {
  const ports = [...cloud.state.ports.values()].filter((port) => port.networkId === network.id);
  const holding = ports.filter((port) => !isAutoDeleted(port)).map((port) => port.id);
  if (holding.length > 0) {
    const message = `Unable to complete operation on network ${network.id}. There are one or more ports still in use on the network, id for these ports is: ${holding.join(',')}.`;
    throw conflict(message, 'NetworkInUse');
  }
  for (const port of ports) removePort(cloud, port);
  for (const subnet of [...cloud.state.subnets.values()])
    if (subnet.networkId === network.id) cloud.state.subnets.delete(subnet.id);
  cloud.state.networks.delete(network.id);
}

/** Networks. */
export const networkRoutes = collectionRoutes<Network>({
  one: 'network',
  many: 'networks',
  things: ({ cloud }) => cloud.state.networks,
  none: missing.network,
  visible: ({ caller }, network) => seesNetwork(caller, network),
  view: ({ cloud, caller }, network) => networkView(cloud, caller, network),
  // Only the answer to a POST has it for every network.
  newborn: ({ isDefault }) => ({ is_default: isDefault }),
  attributes,
  filters: ['status', 'subnets'],
  make: makeNetwork,
  change: changeNetwork,
  remove: removeNetwork,
});

import type { Cloud } from '../cloud.ts';
import { badRequest, conflict, forbidden } from '../refusal.ts';
import type { Call } from '../route.ts';
import { textOf } from '../text.ts';
import { assignAddresses, isAutoAddressed, isRouterPort, newMac, type WantedIp } from './addresses.ts';
import {
  atMost,
  bool,
  dictionary,
  type Given,
  integer,
  ipAddress,
  listOf,
  macAddress,
  orNull,
  prefix,
  readPost,
  readPut,
  shape,
  text,
  uuid,
} from './attributes.ts';
import { collectionRoutes } from './collection.ts';
import type { AddressPair, FixedIp, Network, Port } from './model.ts';
import { mustBeOpen, seesNetwork } from './networks.ts';
import { mustHaveRules, policyFor, policyShown } from './qos.ts';
import { defaultGroup } from './security-groups.ts';
import { bump, checkQuota, missing, newStandard, standardView } from './standard.ts';
import { mustHaveNoTrunk, trunkDetails } from './trunks.ts';
import { removePort } from './unplug.ts';

const fixedIp = shape({ subnet_id: { check: uuid, fallback: undefined }, ip_address: { check: ipAddress, fallback: undefined } });
const pair = shape({ ip_address: { check: prefix }, mac_address: { check: macAddress, fallback: undefined } });
const dhcpOption = shape({
  opt_name: { check: text() },
  opt_value: { check: orNull(text()) },
  ip_version: { check: integer(4, 6), fallback: 4 },
});

const attributes = {
  network_id: { check: uuid, put: false },
  name: { check: text(), fallback: '' },
  description: { check: text(), fallback: '' },
  admin_state_up: { check: bool, fallback: true },
  mac_address: { check: orNull(macAddress), fallback: null },
  fixed_ips: { check: orNull(listOf(fixedIp)), fallback: null },
  security_groups: { check: orNull(listOf(uuid)), fallback: null },
  device_id: { check: text(), fallback: '' },
  device_owner: { check: text(), fallback: '' },
  port_security_enabled: { check: bool, fallback: null },
  // max_allowed_address_pair of neutron.conf, at its default.
  allowed_address_pairs: { check: atMost(10, listOf(pair)), fallback: [] },
  extra_dhcp_opts: { check: orNull(listOf(dhcpOption)), fallback: null },
  'binding:vnic_type': { check: text(), fallback: 'normal' },
  'binding:host_id': { check: orNull(text()), fallback: '', adminOnly: true },
  'binding:profile': { check: orNull(dictionary), fallback: null, adminOnly: true },
  qos_policy_id: { check: orNull(uuid), fallback: null },
  dns_name: { check: text(), fallback: '' },
  // Zed takes tags at the creation of ports alone, and forgets them unless a service plugin is
  // configured that Debian does not.

  tags: { check: listOf(text(255)), fallback: [] as string[], put: false },
};

/** The port as Neutron shows it; where and how it is bound is for admins. */
function portView({ caller, cloud }: Pick<Call, 'caller' | 'cloud'>, port: Port): Record<string, unknown> {
  const { dns } = cloud.settings;
  const view: Record<string, unknown> = {
    ...standardView(port),
    name: port.name,
    network_id: port.networkId,
    mac_address: port.macAddress,
    admin_state_up: port.adminStateUp,
    status: port.status,
    device_id: port.deviceId,
    device_owner: port.deviceOwner,
    fixed_ips: port.fixedIps,
    allowed_address_pairs: port.addressPairs,
    extra_dhcp_opts: port.dhcpOptions,
    security_groups: port.securityGroups,
    port_security_enabled: port.portSecurity,
    'binding:vnic_type': port.vnicType,
  };
  Object.assign(view, trunkDetails(cloud, port));
  Object.assign(view, policyShown(cloud, port.qosPolicyId));
  if (dns) view['dns_name'] = port.dnsName;
  if (!caller.admin) return view;
  view['binding:host_id'] = port.hostId;
  view['binding:profile'] = port.profile;
  view['binding:vif_type'] = port.hostId === '' ? 'unbound' : 'bridge';
  view['binding:vif_details'] = port.hostId === '' ? {} : { port_filter: true, connectivity: 'l2' };
  return view;
}

/** What a new port is made from, whoever makes it. */
export interface PortWish {
  readonly name: string;
  readonly description: string;
  readonly macAddress: string | null;
  readonly wanted: readonly WantedIp[] | null;
  readonly groups: readonly string[] | null;
  readonly deviceId: string;
  readonly deviceOwner: string;
  readonly portSecurity: boolean | null;
}

/** A request without addresses. */
export const plainWish: PortWish = {
  name: '',
  description: '',
  macAddress: null,
  wanted: null,
  groups: null,
  deviceId: '',
  deviceOwner: '',
  portSecurity: null,
};

/** Makes a port on a network: MAC, addresses, groups, quota. */
export function plugPort(cloud: Cloud, network: Network, project: string, wish: PortWish): Port {
  if (project !== '') checkQuota(cloud, project, 'port');
  const mac = wish.macAddress ?? newMac(cloud);
  if (macTaken(cloud, network.id, mac))
    throw conflict(
      `Unable to complete operation for network ${network.id}. The mac address ${mac} is in use.`,
      'MacAddressInUse',
    );
  const ownedByNetwork = wish.deviceOwner.startsWith('network:');
  const portSecurity = ownedByNetwork ? false : (wish.portSecurity ?? network.portSecurity);
  if (!portSecurity && (wish.groups?.length ?? 0) > 0) throw insecure();
  const fixedIps = assignAddresses(cloud, { networkId: network.id, macAddress: mac, deviceOwner: wish.deviceOwner }, wish.wanted);
  const securityGroups = wish.groups ?? (portSecurity && project !== '' ? [defaultGroup(cloud, project).id] : []);
  const port: Port = {
    ...newStandard(project, wish.description),
    networkId: network.id,
    name: wish.name,
    macAddress: mac,
    adminStateUp: true,
    status: 'DOWN',
    deviceId: wish.deviceId,
    deviceOwner: wish.deviceOwner,
    fixedIps,
    securityGroups: [...new Set(securityGroups)],
    portSecurity,
    addressPairs: [],
    dhcpOptions: [],
    vnicType: 'normal',
    dnsName: '',
    hostId: '',
    profile: {},
  };
  cloud.state.ports.set(port.id, port);
  cloud.changed();
  return port;
}

const insecure = () =>
  badRequest(
    'Port security must be enabled and port must have an IP address in order to use security groups.',
    'PortSecurityAndIPRequiredForSecurityGroups',
  );

const guarded = () =>
  conflict(
    'Port has security group associated. Cannot disable port security or IP address until security group is removed.',
    'PortSecurityPortHasSecurityGroup',
  );

const macTaken = (cloud: Cloud, networkId: string, mac: string): boolean =>
  [...cloud.state.ports.values()].some(
    (port) => port.networkId === networkId && port.macAddress.toLowerCase() === mac.toLowerCase(),
  );

function checkGroups(call: Call, ids: readonly string[]): void {
  for (const id of ids) {
    const group = call.cloud.state.groups.get(id);
    if (group === undefined || (group.project !== call.caller.projectId && !call.caller.admin)) throw missing.group(id);
  }
}

/**
 * What members may not choose on a network that is not theirs (default policies of Zed,
 * create_port:*).
 */
function checkOwnership(call: Call, network: Network, given: Readonly<Record<string, unknown>>): void {
  if (call.caller.admin || network.project === call.caller.projectId) return;
  const chosen = ['mac_address', 'port_security_enabled', 'allowed_address_pairs'].filter((key) => given[key] !== undefined);
  const addresses = given['fixed_ips'];
  if (Array.isArray(addresses) && addresses.some((each: WantedIp) => each.ip_address !== undefined)) chosen.push('fixed_ips');
  if (textOf(given['device_owner']).startsWith('network:')) chosen.push('device_owner');
  if (chosen.length > 0)
    throw forbidden(`(rule:create_port and rule:create_port:${chosen[0]}) is disallowed by policy`, 'PolicyNotAuthorized');
}

function makePort(call: Call, given: Record<string, unknown>): Port {
  const { cloud, caller } = call;
  const { projectId, values } = readPost(caller, 'create_port', attributes, given);
  const network = cloud.state.networks.get(values.network_id);
  if (network === undefined || !seesNetwork(caller, network)) throw missing.network(values.network_id);
  mustBeOpen(call, network, 'port');
  checkOwnership(call, network, given);
  checkGroups(call, values.security_groups ?? []);
  const policy = policyFor(call, values.qos_policy_id);
  mustHaveRules(cloud, policy ?? network.qosPolicyId ?? null);
  const pairsNeedSecurity = values.allowed_address_pairs.length > 0 && !(values.port_security_enabled ?? network.portSecurity);
  if (pairsNeedSecurity) throw pairsWithoutSecurity();
  const port = plugPort(cloud, network, projectId, {
    name: values.name,
    description: values.description,
    macAddress: values.mac_address,
    wanted: values.fixed_ips,
    groups: values.security_groups,
    deviceId: values.device_id,
    deviceOwner: values.device_owner,
    portSecurity: values.port_security_enabled,
  });
  port.adminStateUp = values.admin_state_up;
  port.vnicType = values['binding:vnic_type'];
  port.dnsName = values.dns_name;
  port.hostId = values['binding:host_id'] ?? '';
  port.profile = values['binding:profile'] ?? {};
  port.qosPolicyId = policy;
  port.addressPairs = pairsFor(port, values.allowed_address_pairs);
  port.dhcpOptions = optionsFrom(values.extra_dhcp_opts);
  bump(cloud, port);
  return port;
}

const pairsWithoutSecurity = () =>
  conflict(
    'Port Security must be enabled in order to have allowed address pairs on a port.',
    'AddressPairAndPortSecurityRequired',
  );

/** A pair without a MAC means the port's own; an address that was sent bare comes back bare. */
function pairsFor(port: Port, pairs: Given<typeof attributes>['allowed_address_pairs']): AddressPair[] {
  return pairs.map((each) => ({
    ip_address: each.ip_address.replace(/\/(32|128)$/, ''),
    mac_address: each.mac_address ?? port.macAddress,
  }));
}

function optionsFrom(options: Given<typeof attributes>['extra_dhcp_opts']): Port['dhcpOptions'] {
  return (options ?? []).flatMap((option) => (option.opt_value === null ? [] : [{ ...option, opt_value: option.opt_value }]));
}

/** Whoever owns a network sees every port on it. */
function seesPort(call: Call, port: Port): boolean {
  const network = call.cloud.state.networks.get(port.networkId);
  return (
    call.caller.admin ||
    (port.project === call.caller.projectId && port.project !== '') ||
    network?.project === call.caller.projectId
  );
}

function changePort(call: Call, port: Port, given: Record<string, unknown>): void {
  const { cloud } = call;
  const values = readPut(call.caller, 'update_port', attributes, given);
  const network = cloud.state.networks.get(port.networkId);
  if (network !== undefined) checkOwnership(call, network, given);
  // update_port:mac_address is for admins, unlike create_port:mac_address.
  if (values.mac_address && !call.caller.admin)
    throw forbidden('(rule:update_port and rule:update_port:mac_address) is disallowed by policy', 'PolicyNotAuthorized');
  checkGroups(call, values.security_groups ?? []);
  const portSecurity = values.port_security_enabled ?? port.portSecurity;
  const groups = values.security_groups ?? port.securityGroups;
  if (!portSecurity && groups.length > 0) throw values.security_groups === undefined ? guarded() : insecure();
  const pairs = values.allowed_address_pairs === undefined ? port.addressPairs : pairsFor(port, values.allowed_address_pairs);
  if (!portSecurity && pairs.length > 0) throw pairsWithoutSecurity();
  if (values.mac_address && values.mac_address !== port.macAddress) {
    if (macTaken(cloud, port.networkId, values.mac_address))
      throw conflict(
        `Unable to complete operation for network ${port.networkId}. The mac address ${values.mac_address} is in use.`,
        'MacAddressInUse',
      );
    port.macAddress = values.mac_address;
  }
  if (values.fixed_ips !== undefined) port.fixedIps = moveAddresses(cloud, port, values.fixed_ips ?? []);
  port.name = values.name ?? port.name;
  port.description = values.description ?? port.description;
  port.adminStateUp = values.admin_state_up ?? port.adminStateUp;
  port.deviceId = values.device_id ?? port.deviceId;
  port.deviceOwner = values.device_owner ?? port.deviceOwner;
  port.securityGroups = [...new Set(groups)];
  port.portSecurity = portSecurity;
  port.addressPairs = pairs;
  if (values.extra_dhcp_opts !== undefined) port.dhcpOptions = mergeOptions(port, values.extra_dhcp_opts);
  port.vnicType = values['binding:vnic_type'] ?? port.vnicType;
  port.dnsName = values.dns_name ?? port.dnsName;
  port.hostId = values['binding:host_id'] ?? port.hostId;
  port.profile = values['binding:profile'] ?? port.profile;
  if (values.qos_policy_id !== undefined) {
    mustHaveRules(cloud, policyFor(call, values.qos_policy_id));
    port.qosPolicyId = values.qos_policy_id;
  }
  bump(cloud, port);
}

/** Options that are sent replace those of their name, null removes one, the rest stays. */
function mergeOptions(port: Port, sent: Given<typeof attributes>['extra_dhcp_opts']): Port['dhcpOptions'] {
  const named = new Set((sent ?? []).map((option) => option.opt_name));
  return [...port.dhcpOptions.filter((option) => !named.has(option.opt_name)), ...optionsFrom(sent)];
}

/**
 * Addresses that are named again stay; a subnet named without an address keeps the one it has;
 * everything else is new. Automatic IPv6 addresses always stay, and follow the MAC.
 */
function moveAddresses(cloud: Cloud, port: Port, wanted: readonly WantedIp[]): FixedIp[] {
  const isAutomatic = (fixed: WantedIp): boolean => {
    const subnet = cloud.state.subnets.get(fixed.subnet_id ?? '');
    return subnet !== undefined && isAutoAddressed(subnet) && !isRouterPort(port);
  };
  const held = port.fixedIps.filter((fixed) => !isAutomatic(fixed));
  const kept: FixedIp[] = [];
  const fresh: WantedIp[] = [];
  for (const wish of wanted) {
    const own = (fixed: FixedIp): boolean =>
      wish.ip_address === undefined ? fixed.subnet_id === wish.subnet_id : fixed.ip_address === wish.ip_address;
    const same = held.find((fixed) => !kept.includes(fixed) && own(fixed));
    if (same !== undefined) kept.push(same);
    else if (!port.fixedIps.some((fixed) => own(fixed) && isAutomatic(fixed))) fresh.push(wish);
  }
  return [...kept, ...assignAddresses(cloud, port, fresh)];
}

function deletePort({ cloud }: Call, port: Port): void {
  if (/^network:(ha_router|router|floatingip)/.test(port.deviceOwner)) {
    throw conflict(
      `Port ${port.id} cannot be deleted directly via the port API: has device owner ${port.deviceOwner}.`,
      'ServicePortInUse',
    );
  }
  mustHaveNoTrunk(cloud, port);
  removePort(cloud, port);
}

/** Ports. */
export const portRoutes = collectionRoutes<Port>({
  one: 'port',
  many: 'ports',
  things: ({ cloud }) => cloud.state.ports,
  none: missing.port,
  visible: seesPort,
  view: portView,
  attributes,
  filters: ['status', 'ip_allocation'],
  make: makePort,
  change: changePort,
  remove: deletePort,
});

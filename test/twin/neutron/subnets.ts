import type { Cloud } from '../cloud.ts';
import { badRequest, conflict } from '../refusal.ts';
import type { Call } from '../route.ts';
import { textOf } from '../text.ts';
import { defaultPools, isRouterPort, numberOf, prefixOf, takenOn } from './addresses.ts';
import {
  atMost,
  bool,
  type Check,
  type Given,
  ipAddress,
  listOf,
  oneOf,
  orNull,
  prefix,
  readPost,
  readPut,
  shape,
  text,
  uuid,
} from './attributes.ts';
import { collectionRoutes } from './collection.ts';
import { tendDhcp } from './dhcp.ts';
import { holds, networkOf, overlap, type Prefix, readAddress, readPrefix, sizeOf, writeAddress, writePrefix } from './ip.ts';
import type { Network, Pool, Subnet } from './model.ts';
import { mustBeOpen, seesNetwork } from './networks.ts';
import { bump, checkQuota, missing, newStandard, standardView } from './standard.ts';
import { checkAffinity, takeFrom } from './subnet-pools.ts';
import { isAutoDeleted } from './unplug.ts';

const pool = shape({ start: { check: ipAddress }, end: { check: ipAddress } });
const hostRoute = shape({ destination: { check: prefix }, nexthop: { check: ipAddress } });
const mode = oneOf('slaac', 'dhcpv6-stateful', 'dhcpv6-stateless');

const invalid = (message: string) => badRequest(`Invalid input for operation: ${message}.`, 'InvalidInput');

const cidrText: Check<string> = (value, name) => {
  if (typeof value !== 'string' || readPrefix(value) === undefined) throw invalid(`${textOf(value)} is not in a CIDR format`);
  return prefix(value, name);
};

const attributes = {
  network_id: { check: uuid, put: false },
  cidr: { check: cidrText, put: false },
  ip_version: { check: oneOf(4, 6), put: false },
  name: { check: text(), fallback: '' },
  description: { check: text(), fallback: '' },
  // Not sending a gateway is not the same as sending null: undefined lets Neutron choose.
  gateway_ip: { check: orNull(ipAddress), fallback: undefined },
  allocation_pools: { check: listOf(pool), fallback: undefined },
  // max_dns_nameservers and max_subnet_host_routes of neutron.conf, at their defaults.
  dns_nameservers: { check: atMost(5, listOf(ipAddress)), fallback: [] as string[] },
  host_routes: { check: atMost(20, listOf(hostRoute)), fallback: [] },
  enable_dhcp: { check: bool, fallback: true },
  ipv6_ra_mode: { check: orNull(mode), fallback: null, put: false },
  ipv6_address_mode: { check: orNull(mode), fallback: null, put: false },
  service_types: { check: listOf(text()), fallback: [] as string[] },
  subnetpool_id: { check: orNull(uuid), fallback: null, put: false },
  segment_id: { check: orNull(uuid), fallback: null, adminOnly: true },
  dns_publish_fixed_ip: { check: bool, fallback: false },
};

function subnetView(subnet: Subnet): Record<string, unknown> {
  return {
    ...standardView(subnet),
    name: subnet.name,
    network_id: subnet.networkId,
    ip_version: subnet.ipVersion,
    cidr: subnet.cidr,
    gateway_ip: subnet.gatewayIp,
    allocation_pools: subnet.pools,
    dns_nameservers: subnet.dnsNameservers,
    host_routes: subnet.hostRoutes,
    enable_dhcp: subnet.enableDhcp,
    ipv6_ra_mode: subnet.raMode,
    ipv6_address_mode: subnet.addressMode,
    service_types: subnet.serviceTypes,
    subnetpool_id: subnet.poolId ?? null,
  };
}

function makeSubnet(call: Call, given: Record<string, unknown>): Subnet {
  const { cloud } = call;
  const { projectId, values } = readPost(call.caller, 'create_subnet', attributes, given);
  const network = cloud.state.networks.get(values.network_id);
  if (network === undefined || !seesNetwork(call.caller, network)) throw missing.network(values.network_id);
  mustBeOpen(call, network, 'subnet');
  const cidr = checkedCidr(cloud, network, values);
  checkModes(values);
  checkAffinity(cloud, network, values.subnetpool_id, values.ip_version);
  if (values.subnetpool_id !== null) takeFrom(call, values.subnetpool_id, cidr);
  checkQuota(cloud, projectId, 'subnet');
  const gatewayIp = values.gateway_ip === undefined ? defaultGateway(cidr) : values.gateway_ip;
  const cidrText = writePrefix(cidr);
  const pools = values.allocation_pools ?? defaultPools(cidrText, gatewayIp);
  checkPools(cidr, pools, gatewayIp);
  const subnet: Subnet = {
    ...newStandard(projectId, values.description),
    networkId: network.id,
    name: values.name,
    ipVersion: values.ip_version,
    cidr: cidrText,
    gatewayIp,
    pools,
    dnsNameservers: values.dns_nameservers,
    hostRoutes: values.host_routes,
    enableDhcp: values.enable_dhcp,
    raMode: values.ipv6_ra_mode,
    addressMode: values.ipv6_address_mode,
    serviceTypes: values.service_types,
    poolId: values.subnetpool_id,
  };
  cloud.state.subnets.set(subnet.id, subnet);
  cloud.changed();
  tendDhcp(cloud, network.id);
  return subnet;
}

/**
 * The gateway when none is named: the first host, but the network's own address for IPv6
 * (ipam_backend_mixin.py).
 */
const defaultGateway = (cidr: Prefix): string => writeAddress({ ...cidr, value: cidr.value + (cidr.version === 4 ? 1n : 0n) });

/** The prefix of a new subnet, without the host bits that may have been sent. */
function checkedCidr(cloud: Cloud, network: Network, values: Given<typeof attributes>): Prefix {
  const cidr = networkOf(prefixOf({ cidr: values.cidr }));
  if (cidr.version !== values.ip_version)
    throw invalid(`cidr '${values.cidr}' does not match the ip_version '${values.ip_version}'`);
  if (values.enable_dhcp && sizeOf(cidr) < 4n)
    throw invalid('Subnet has a prefix length that is incompatible with DHCP service enabled');
  for (const other of cloud.state.subnets.values()) {
    if (other.networkId === network.id && overlap(prefixOf(other), cidr)) {
      throw invalid(`Requested subnet with cidr: ${writePrefix(cidr)} for network: ${network.id} overlaps with another subnet`);
    }
  }
  return cidr;
}

function checkModes(values: Given<typeof attributes>): void {
  const { ip_version, ipv6_ra_mode: ra, ipv6_address_mode: address, enable_dhcp } = values;
  if (ra === null && address === null) return;
  if (ip_version === 4) throw invalid(`${ra === null ? 'ipv6_address_mode' : 'ipv6_ra_mode'} is not valid when ip_version is 4`);
  if (!enable_dhcp) throw invalid('ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False');
  if (ra !== null && address !== null && ra !== address)
    throw invalid(
      `ipv6_ra_mode set to '${ra}' with ipv6_address_mode set to '${address}' is not valid. If both attributes are set, they must be the same value`,
    );
}

function checkPools(cidr: Prefix, pools: readonly Pool[], gatewayIp: string | null): void {
  for (const { start, end } of pools) {
    const first = readAddress(start);
    const last = readAddress(end);
    if (
      first === undefined ||
      last === undefined ||
      first.version !== cidr.version ||
      !holds(cidr, first) ||
      !holds(cidr, last)
    ) {
      throw badRequest(
        `The allocation pool ${start}-${end} spans beyond the subnet cidr ${writePrefix(cidr)}.`,
        'OutOfBoundsAllocationPool',
      );
    }
    if (last.value < first.value)
      throw badRequest(`The allocation pool {'start': '${start}', 'end': '${end}'} is not valid.`, 'InvalidAllocationPool');
    if (gatewayIp !== null && numberOf(gatewayIp) >= first.value && numberOf(gatewayIp) <= last.value) {
      throw conflict(
        `Gateway ip ${gatewayIp} conflicts with allocation pool ${start}-${end}.`,
        'GatewayConflictWithAllocationPools',
      );
    }
  }
  const sorted = [...pools].sort((a, b) => (numberOf(a.start) < numberOf(b.start) ? -1 : 1));
  for (const [index, { start, end }] of sorted.entries()) {
    const before = sorted[index - 1];
    if (before !== undefined && numberOf(before.end) >= numberOf(start)) {
      throw conflict(
        `Found overlapping allocation pools: ${before.start}-${before.end} ${start}-${end} for subnet ${writePrefix(cidr)}.`,
        'OverlappingAllocationPools',
      );
    }
  }
}

/** Subnets of external networks stay hidden from members, although the networks are not. */
function seesSubnet(call: Call, subnet: Subnet): boolean {
  const network = call.cloud.state.networks.get(subnet.networkId);
  return (
    call.caller.admin ||
    subnet.project === call.caller.projectId ||
    network?.project === call.caller.projectId ||
    network?.shared === true
  );
}

function changeSubnet(call: Call, subnet: Subnet, given: Record<string, unknown>): void {
  const values = readPut(call.caller, 'update_subnet', attributes, given);
  const gatewayIp = values.gateway_ip === undefined ? subnet.gatewayIp : values.gateway_ip;
  const pools = values.allocation_pools ?? subnet.pools;
  checkPools(prefixOf(subnet), pools, gatewayIp);
  if (gatewayIp !== subnet.gatewayIp && subnet.gatewayIp !== null && takenOn(call.cloud, subnet.id).has(subnet.gatewayIp)) {
    throw conflict(`Current gateway ip ${subnet.gatewayIp} already in use by a port. Unable to update.`, 'GatewayIpInUse');
  }
  subnet.name = values.name ?? subnet.name;
  subnet.description = values.description ?? subnet.description;
  subnet.gatewayIp = gatewayIp;
  subnet.pools = pools;
  subnet.dnsNameservers = values.dns_nameservers ?? subnet.dnsNameservers;
  subnet.hostRoutes = values.host_routes ?? subnet.hostRoutes;
  subnet.enableDhcp = values.enable_dhcp ?? subnet.enableDhcp;
  subnet.serviceTypes = values.service_types ?? subnet.serviceTypes;
  bump(call.cloud, subnet);
  tendDhcp(call.cloud, subnet.networkId);
}

function removeSubnet({ cloud }: Call, subnet: Subnet): void {
  const holders = [...cloud.state.ports.values()].filter((port) => port.fixedIps.some((fixed) => fixed.subnet_id === subnet.id));
  // Self-made IPv6 addresses do not hold a subnet; a router's does.
  const stateless = subnet.addressMode !== null && subnet.addressMode !== 'dhcpv6-stateful';
  const inUse = holders.some((port) => !isAutoDeleted(port) && (!stateless || isRouterPort(port)));
  if (inUse)
    throw conflict(
      `Unable to complete operation on subnet ${subnet.id}: One or more ports have an IP allocation from this subnet.`,
      'SubnetInUse',
    );
  for (const port of holders) port.fixedIps = port.fixedIps.filter((fixed) => fixed.subnet_id !== subnet.id);
  cloud.state.subnets.delete(subnet.id);
  tendDhcp(cloud, subnet.networkId);
}

/** Subnets. */
export const subnetRoutes = collectionRoutes<Subnet>({
  one: 'subnet',
  many: 'subnets',
  things: ({ cloud }) => cloud.state.subnets,
  none: missing.subnet,
  visible: seesSubnet,
  view: (_, subnet) => subnetView(subnet),
  attributes,
  filters: [],
  make: makeSubnet,
  change: changeSubnet,
  remove: removeSubnet,
});

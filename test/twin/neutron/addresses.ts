import { randomBytes, randomInt } from 'node:crypto';
import type { Cloud } from '../cloud.ts';
import { badRequest, conflict } from '../refusal.ts';
import { type Address, autoconfigured, holds, networkOf, readAddress, readPrefix, sizeOf, writeAddress } from './ip.ts';
import type { FixedIp, Pool, Subnet } from './model.ts';
import { missing } from './standard.ts';

/**
 * Neutron draws at random from so many free addresses (MAX_WIN in
 * ipam/drivers/neutrondb_ipam/driver.py).
 */
const window = 1000;

/** The prefix of a subnet; what is stored is known to be one. */
export function prefixOf(subnet: Pick<Subnet, 'cidr'>): Address & { length: number } {
  const prefix = readPrefix(subnet.cidr);
  if (prefix === undefined) throw new Error(`subnet with a strange cidr ${subnet.cidr}`);
  return prefix;
}

/** The numeric value of an address that is known to be one. */
export function numberOf(text: string): bigint {
  const address = readAddress(text);
  if (address === undefined) throw new Error(`${text} is not an address`);
  return address.value;
}

/** The addresses of a subnet that some port holds. */
export function takenOn(cloud: Cloud, subnetId: string): Set<string> {
  const taken = new Set<string>();
  for (const port of cloud.state.ports.values()) {
    for (const fixed of port.fixedIps) if (fixed.subnet_id === subnetId) taken.add(fixed.ip_address);
  }
  return taken;
}

/**
 * Addresses that a subnet hands out by itself are made from the MAC when it is stateless IPv6, said
 * by either mode (neutron/common/ipv6_utils.py, is_auto_address_subnet).
 */
export const isAutoAddressed = (subnet: Pick<Subnet, 'addressMode' | 'raMode'>): boolean =>
  [subnet.addressMode, subnet.raMode].some((mode) => mode === 'slaac' || mode === 'dhcpv6-stateless');

/** A free address: the lowest for a DHCP port, for any other a random one of the first thousand. */
function pickAddress(cloud: Cloud, subnet: Subnet, lowest: boolean): string | undefined {
  const taken = takenOn(cloud, subnet.id);
  const version = subnet.ipVersion;
  for (const pool of subnet.pools) {
    const free: string[] = [];
    const end = numberOf(pool.end);
    for (let value = numberOf(pool.start); value <= end && free.length < (lowest ? 1 : window); value += 1n) {
      const address = writeAddress({ version, value });
      if (!taken.has(address)) free.push(address);
    }
    if (free.length > 0) return free[lowest ? 0 : randomInt(free.length)];
  }
  return undefined;
}

/** Checks an address that was asked for by name and brings it into canonical form. */
function claimAddress(cloud: Cloud, subnet: Subnet, text: string): string {
  const address = readAddress(text);
  if (address === undefined || !isUsable(subnet, address))
    throw badRequest(`IP address ${text} is not a valid IP for the specified subnet.`, 'InvalidIpForSubnet');
  const canonical = writeAddress(address);
  if (takenOn(cloud, subnet.id).has(canonical)) {
    throw conflict(`IP address ${canonical} already allocated in subnet ${subnet.id}`, 'IpAddressAlreadyAllocated');
  }
  return canonical;
}

/** Within the prefix; in IPv4 neither the network's own address nor the broadcast address. */
function isUsable(subnet: Subnet, address: Address): boolean {
  const prefix = prefixOf(subnet);
  const first = networkOf(prefix).value;
  const size = sizeOf(prefix);
  if (!holds(prefix, address)) return false;
  return subnet.ipVersion === 6 || size <= 2n || (address.value !== first && address.value !== first + size - 1n);
}

/** One address as a request asks for it. */
export interface WantedIp {
  readonly subnet_id?: string | undefined;
  readonly ip_address?: string | undefined;
}

/** Who wants addresses on which network. */
export interface Place {
  readonly networkId: string;
  readonly macAddress: string;
  readonly deviceOwner: string;
}

/**
 * The addresses a port gets: those requested, or else one per IP version; and in any case
 * one on every stateless IPv6 subnet, except those in `have`, which the port keeps.
 */
export function assignAddresses(
  cloud: Cloud,
  place: Place,
  wanted: readonly WantedIp[] | null,
  have: readonly FixedIp[] = [],
): FixedIp[] {
  const subnets = [...cloud.state.subnets.values()].filter((subnet) => subnet.networkId === place.networkId);
  const made: FixedIp[] = wanted === null ? freely(cloud, place, subnets) : [];
  for (const wish of wanted ?? []) made.push(...oneAddress(cloud, place, subnets, wish, made));
  return [...made, ...automaticAddresses(place, subnets, have)];
}

/**
 * Whether a subnet serves ports of an owner: it may be kept for some (neutron/objects/subnet.py,
 * SubnetServiceType.query_filter_service_subnets).
 */
function serves({ serviceTypes, enableDhcp }: Subnet, owner: string): boolean {
  return serviceTypes.length === 0 || serviceTypes.includes(owner) || (enableDhcp && owner === 'network:dhcp');
}

function oneAddress(cloud: Cloud, place: Place, subnets: readonly Subnet[], wish: WantedIp, made: readonly FixedIp[]): FixedIp[] {
  const subnet = subnetFor(cloud, place, subnets, wish);
  const automatic = isAutoAddressed(subnet) && !isRouterPort(place);
  if (wish.ip_address !== undefined) {
    if (automatic) {
      const message = `IPv6 address ${wish.ip_address} cannot be directly assigned to a port on subnet ${subnet.id} as the subnet is configured for automatic addresses`;
      throw badRequest(message, 'AllocationOnAutoAddressSubnet');
    }
    const address = claimAddress(cloud, subnet, wish.ip_address);
    if (made.some((fixed) => fixed.ip_address === address)) {
      throw badRequest(`Invalid input for fixed_ips. Reason: Duplicate IP address '${address}'.`, 'HTTPBadRequest');
    }
    return [{ subnet_id: subnet.id, ip_address: address }];
  }
  // Such a subnet gives its address in any case, named or not.
  if (automatic) return [];
  const address = pickAddress(cloud, subnet, place.deviceOwner === 'network:dhcp');
  if (address === undefined) throw exhausted(place.networkId);
  return [{ subnet_id: subnet.id, ip_address: address }];
}

/** Whether a port is a router's, of whatever kind. */
export const isRouterPort = (place: Pick<Place, 'deviceOwner'>): boolean => /^network:(ha_)?router/.test(place.deviceOwner);

/**
 * The addresses that a port has without asking, one on each stateless IPv6 subnet; router ports
 * have none.
 */
function automaticAddresses(place: Place, subnets: readonly Subnet[], have: readonly FixedIp[]): FixedIp[] {
  if (isRouterPort(place)) return [];
  return subnets
    .filter((subnet) => isAutoAddressed(subnet) && !have.some((fixed) => fixed.subnet_id === subnet.id))
    .map((subnet) => ({ subnet_id: subnet.id, ip_address: autoconfigured(prefixOf(subnet), place.macAddress) }));
}

const exhausted = (networkId: string) =>
  conflict(`No more IP addresses available on network ${networkId}.`, 'IpAddressGenerationFailure');

function subnetFor(cloud: Cloud, place: Place, subnets: readonly Subnet[], wish: WantedIp): Subnet {
  if (wish.subnet_id !== undefined) {
    const subnet = cloud.state.subnets.get(wish.subnet_id);
    if (subnet === undefined) throw missing.subnet(wish.subnet_id);
    if (subnet.networkId !== place.networkId || !serves(subnet, place.deviceOwner)) {
      throw badRequest(
        `Invalid input for operation: Failed to create port on network ${place.networkId}, because fixed_ips included invalid subnet ${subnet.id}.`,
        'InvalidInput',
      );
    }
    return subnet;
  }
  if (wish.ip_address === undefined)
    throw badRequest('Invalid input for operation: IP allocation requires subnet_id or ip_address.', 'InvalidInput');
  const address = readAddress(wish.ip_address);
  const served = subnets.filter((subnet) => serves(subnet, place.deviceOwner));
  const found = served.find((subnet) => address !== undefined && isUsable(subnet, address));
  if (found === undefined)
    throw badRequest(
      `IP address ${wish.ip_address} is not a valid IP for any of the subnets on the specified network.`,
      'InvalidIpForNetwork',
    );
  return found;
}

function freely(cloud: Cloud, place: Place, subnets: readonly Subnet[]): FixedIp[] {
  const usable = subnets.filter((subnet) => serves(subnet, place.deviceOwner));
  const made: FixedIp[] = [];
  for (const version of [4, 6] as const) {
    const drawn = usable.filter((subnet) => subnet.ipVersion === version && !isAutoAddressed(subnet));
    const address = firstFree(cloud, drawn, place);
    if (address !== undefined) made.push(address);
    else if (drawn.length > 0) throw exhausted(place.networkId);
  }
  return made;
}

function firstFree(cloud: Cloud, subnets: readonly Subnet[], place: Place): FixedIp | undefined {
  for (const subnet of subnets) {
    const address = pickAddress(cloud, subnet, place.deviceOwner === 'network:dhcp');
    if (address !== undefined) return { subnet_id: subnet.id, ip_address: address };
  }
  return undefined;
}

/** The pools of a subnet for which none were given: everything but the ends and the gateway. */
export function defaultPools(cidr: string, gatewayIp: string | null): Pool[] {
  const prefix = prefixOf({ cidr });
  const first = networkOf(prefix).value;
  const size = sizeOf(prefix);
  const small = size <= 2n;
  const from = small ? first : first + 1n;
  const to = small || prefix.version === 6 ? first + size - 1n : first + size - 2n;
  const gateway = gatewayIp === null ? -1n : numberOf(gatewayIp);
  const ranges =
    gateway >= from && gateway <= to
      ? [
          [from, gateway - 1n],
          [gateway + 1n, to],
        ]
      : [[from, to]];
  const write = (value: bigint): string => writeAddress({ version: prefix.version, value });
  return ranges
    .filter(([start = 0n, end = 0n]) => start <= end)
    .map(([start = 0n, end = 0n]) => ({ start: write(start), end: write(end) }));
}

/** A MAC address nobody has, with Neutron's default base. */
export function newMac(cloud: Cloud): string {
  const taken = new Set([...cloud.state.ports.values()].map((port) => port.macAddress));
  for (;;) {
    const mac = `fa:16:3e:${[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`;
    if (!taken.has(mac)) return mac;
  }
}

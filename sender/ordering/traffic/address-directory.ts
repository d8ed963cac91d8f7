import { canonicalIp, contains } from '../../../shared/ip.ts';
import type { Configurations } from '../../../shared/model/configurations.ts';
import { outside } from './matrix.ts';

/**
 * A server that has an address. `network` separates tenants with the same CIDR; null where it is
 * not known. `from` and `until` (ms) limit the time of ownership.
 */
export interface AddressHolding {
  readonly address: string;
  readonly network: string | null;
  readonly server: string;
  readonly from?: number | undefined;
  readonly until?: number | undefined;
}

/**
 * Who owns an address. `outside` is any other address, `unknown` one of the tenant that no server
 * has, `ambiguous` one that several have, and `nobody` one at which no server converses.
 */
type AddressOwner =
  | { readonly is: 'server'; readonly id: string }
  | { readonly is: typeof outside | 'unknown' | 'ambiguous' | 'nobody' };

/**
 * Finds the owner of an address. `network` is a network's or a port's id where the collector knows
 * it.
 */
export type ResolveAddress = (address: string, network: string | null, atMs: number) => AddressOwner;

/**
 * Unspecified, loopback, link-local (with the metadata service), multicast and broadcast addresses.
 */
const unroutable = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', '::/127', 'fe80::/10', 'ff00::/8'];

/** All addresses of the documents' servers: fixed, allowed address pairs, and floating. */
function holdingsOf(documents: readonly Configurations[]): AddressHolding[] {
  return documents.flatMap((document) => {
    const ids = new Set(document.servers.map(({ id }) => id));
    const owners = new Map(document.servers.flatMap(({ id, ports }) => ports.map((port) => [port, id] as const)));
    const ownerOf = (port: { id: string; device_id: string }): string | undefined =>
      owners.get(port.id) ?? (ids.has(port.device_id) ? port.device_id : undefined);
    const own = document.ports.flatMap((port): AddressHolding[] => {
      const server = ownerOf(port);
      if (server === undefined) return [];
      const pairs = port.allowed_address_pairs.filter(({ ip_address }) => !ip_address.includes('/'));
      const addresses = new Set([...port.fixed_ips, ...pairs].map(({ ip_address }) => canonicalIp(ip_address)));
      // A collector may know the network or only the port: either finds the address.
      return [...addresses].flatMap((address) => [
        { address, network: port.network_id, server },
        { address, network: port.id, server },
      ]);
    });
    const floating = document.floating_ips.flatMap((floatingIp): AddressHolding[] => {
      const port = document.ports.find(({ id }) => id === floatingIp.port_id);
      const server = port === undefined ? undefined : ownerOf(port);
      if (server === undefined) return [];
      return [{ address: canonicalIp(floatingIp.floating_ip_address), network: floatingIp.floating_network_id, server }];
    });
    return [...own, ...floating];
  });
}

/**
 * Returns the function that finds the owner of an address. Without a network an address counts only
 * if a single server has it. Addresses in the documents' subnets without a server are `unknown`.
 */
export function addressDirectory(documents: readonly Configurations[], more: readonly AddressHolding[] = []): ResolveAddress {
  const byAddress = new Map<string, AddressHolding[]>();
  for (const holding of [...holdingsOf(documents), ...more]) {
    const address = canonicalIp(holding.address);
    byAddress.set(address, [...(byAddress.get(address) ?? []), holding]);
  }
  const cidrs = documents.flatMap(({ subnets, networks }) => {
    const external = new Set(networks.filter((network) => network.external).map(({ id }) => id));
    return subnets.filter(({ network_id }) => !external.has(network_id)).map(({ cidr }) => cidr);
  });
  const cache = new Map<string, AddressOwner>();
  const classify = (address: string): AddressOwner => {
    if (unroutable.some((cidr) => contains(cidr, address))) return { is: 'nobody' };
    return { is: cidrs.some((cidr) => contains(cidr, address)) ? 'unknown' : outside };
  };
  return (text, network, atMs) => {
    const address = canonicalIp(text);
    const known = byAddress.get(address);
    if (known !== undefined) return ownerAmong(known, network, atMs);
    let whose = cache.get(address);
    if (whose === undefined) {
      // The cache is bounded, for bad input may bring any number of addresses.
      if (cache.size >= 65_536) cache.clear();
      whose = classify(address);
      cache.set(address, whose);
    }
    return whose;
  };
}

function ownerAmong(holdings: readonly AddressHolding[], network: string | null, atMs: number): AddressOwner {
  const then = holdings.filter(
    ({ from, until }) => (from === undefined || from <= atMs) && (until === undefined || atMs < until),
  );
  // An owner without a known network may be anywhere. Floating addresses are seen on other networks
  // than their own.
  const there = then.filter((holding) => network === null || holding.network === null || holding.network === network);
  const servers = new Set((there.length > 0 ? there : network === null ? [] : floatingAmong(then)).map(({ server }) => server));
  const [id] = servers;
  if (id === undefined) return { is: 'unknown' };
  return servers.size === 1 ? { is: 'server', id } : { is: 'ambiguous' };
}

/** On a network that none of the owners is on, only a public address still identifies a server. */
function floatingAmong(holdings: readonly AddressHolding[]): AddressHolding[] {
  return holdings.filter(({ address }) => !isPrivate(address));
}

const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'];

function isPrivate(address: string): boolean {
  return privateRanges.some((cidr) => contains(cidr, address));
}

import { canonicalIp, contains } from '../../../shared/ip.ts';
import type { Configurations } from '../../../shared/model/configurations.ts';
import { outside } from './matrix.ts';

/** Whose address something is. `network` tells two tenants with one CIDR apart; null where it is not known, `from` and `until` (ms) bound a time of ownership. */
export interface AddressHolding {
  readonly address: string;
  readonly network: string | null;
  readonly server: string;
  readonly from?: number | undefined;
  readonly until?: number | undefined;
}

/** What an address turned out to be: a server, the world, an address of the tenant that no server has, one of several servers, or nothing that converses. */
type AddressOwner =
  | { readonly is: 'server'; readonly id: string }
  | { readonly is: typeof outside | 'unknown' | 'ambiguous' | 'nobody' };

/** Finds out whose an address is. `network` is a network's or a port's id where the collector knows it, else null. */
export type ResolveAddress = (address: string, network: string | null, atMs: number) => AddressOwner;

/** Unspecified, loopback, link-local (and with it the metadata service), multicast and broadcast: no two servers converse there. */
const unroutable = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', '::/127', 'fe80::/10', 'ff00::/8'];

/** Every address of the documents' servers: fixed ones, address pairs and floating ones. */
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
      // A collector may know the network or only the port: either finds it.
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
 * Makes the function that tells whose an address is. Where the network is known it decides; without it an address counts only if one server has it.
 * What lies in a subnet of the documents and belongs to no server is `unknown`; everything else is the world.
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
      // A memory of the world's addresses: hostile input may bring all of them.
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
  // An owner whose network is not known may be meant anywhere; floating addresses are seen on other networks than their own.
  const there = then.filter((holding) => network === null || holding.network === null || holding.network === network);
  const servers = new Set((there.length > 0 ? there : network === null ? [] : floatingAmong(then)).map(({ server }) => server));
  const [id] = servers;
  if (id === undefined) return { is: 'unknown' };
  return servers.size === 1 ? { is: 'server', id } : { is: 'ambiguous' };
}

/** On a network that nobody of them is on, only an address that the whole world reaches still names a server. */
function floatingAmong(holdings: readonly AddressHolding[]): AddressHolding[] {
  return holdings.filter(({ address }) => !isPrivate(address));
}

const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'];

function isPrivate(address: string): boolean {
  return privateRanges.some((cidr) => contains(cidr, address));
}

import { hostname, type NetworkInterfaceInfo } from 'node:os';
import { defaultPort } from '../../protocol/transport/address.ts';
import { ownAddresses } from '../../shared/own-addresses.ts';

/** The most addresses that are told: a controller may have one for each network it serves. */
const mostAddresses = 4;

/** What a machine is called, and the addresses that it has. */
export interface Machine {
  readonly name: string;
  /** Null where they cannot be read. */
  readonly addresses: readonly NetworkInterfaceInfo[] | null;
}

/**
 * How a sender on another machine can reach a receiver that listens at `host`: for all addresses,
 * the name of the machine and the addresses that reach beyond it.
 */
export function dialableAt(
  host: string,
  port: number,
  machine: Machine = { name: hostname(), addresses: ownAddresses() },
): string[] {
  if (host !== '::' && host !== '0.0.0.0') return [printed(host, port)];
  const reachable = (machine.addresses ?? []).filter(({ family, internal, address }) => {
    if (internal || /^(fe80:|169\.254\.)/i.test(address)) return false;
    return family === 'IPv4' || host === '::';
  });
  // A name without a domain means nothing at another site.
  const names = machine.name.includes('.') ? [machine.name] : [];
  const addresses = [...names, ...reachable.map(({ address }) => address)];
  return (addresses.length === 0 ? [machine.name] : addresses).slice(0, mostAddresses).map((one) => printed(one, port));
}

/** IPv6 in brackets; the port where it is not the default. */
function printed(host: string, port: number): string {
  const end = port === defaultPort ? '' : `:${port}`;
  return host.includes(':') ? `[${host}]${end}` : `${host}${end}`;
}

import { contains } from '../ip.ts';
import type { Configurations } from './configurations.ts';

/** What of a document says where a floating IP leads. */
interface Leading {
  readonly floating_ips: readonly Configurations['floating_ips'][number][];
  readonly ports: readonly Configurations['ports'][number][];
  readonly servers: readonly Configurations['servers'][number][];
}

/** By document: every server asks for its own. */
const known = new WeakMap<Leading, ReadonlyMap<string, string>>();

/**
 * The server with which a floating IP moves, by id; undefined for one that waits for no server.
 * That of a virtual IP moves with the last server that may hold the address: until then one of them
 * may use it at the source.
 */
export function serverOfFloating(id: string, document: Leading): string | undefined {
  const found = known.get(document) ?? allOf(document);
  known.set(document, found);
  return found.get(id);
}

function allOf(document: Leading): ReadonlyMap<string, string> {
  const serverOf = new Map(document.servers.flatMap(({ id, ports }) => ports.map((port) => [port, id] as const)));
  return new Map(
    document.floating_ips.flatMap((floating) => {
      if (floating.port_id === null) return [];
      const server = serverOf.get(floating.port_id) ?? lastHolder(floating, document);
      return server === undefined ? [] : [[floating.id, server] as const];
    }),
  );
}

/** The last server of the plan that may answer for the address which a floating IP leads to. */
function lastHolder(floating: Configurations['floating_ips'][number], document: Leading): string | undefined {
  const port = document.ports.find(({ id }) => id === floating.port_id);
  if (port === undefined) return undefined;
  const own = port.fixed_ips.map(({ ip_address }) => ip_address);
  const addresses = floating.fixed_ip_address === null ? own : [floating.fixed_ip_address];
  const mayHold = document.ports.filter(
    ({ network_id, allowed_address_pairs }) =>
      network_id === port.network_id &&
      allowed_address_pairs.some((pair) => addresses.some((address) => contains(pair.ip_address, address))),
  );
  const holding = new Set(mayHold.map(({ id }) => id));
  return document.servers.findLast(({ ports }) => ports.some((one) => holding.has(one)))?.id;
}

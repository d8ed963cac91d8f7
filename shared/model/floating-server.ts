import { contains } from '../ip.ts';
import type { Configurations } from './configurations.ts';
import { withSubports } from './plugged.ts';
import { type Ref, refOf } from './resource.ts';

/** What of a document says where a floating IP leads. */
interface Leading {
  readonly floating_ips: readonly Configurations['floating_ips'][number][];
  readonly port_forwardings: readonly Configurations['port_forwardings'][number][];
  readonly trunks: readonly Configurations['trunks'][number][];
  readonly ports: readonly Configurations['ports'][number][];
  readonly servers: readonly Configurations['servers'][number][];
}

/** By document: every server asks for its own. */
const known = new WeakMap<Leading, ReadonlyMap<Ref, string>>();

/**
 * The server with which a floating IP moves, by id; undefined for one that waits for no server.
 * That of a virtual IP moves with the last server that may hold the address: until then one of them
 * may use it at the source.
 */
export function serverOfFloating(id: string, document: Leading): string | undefined {
  return serverOf(refOf('floating_ip', id), document);
}

/** The same for a port forwarding. */
export function serverOfForwarding(id: string, document: Leading): string | undefined {
  return serverOf(refOf('port_forwarding', id), document);
}

/**
 * Whether a floating IP leads somewhere as soon as it is built: to a port, or by a port forwarding,
 * that waits for no server. One that forwards to several servers leads to some before others move.
 */
export function leadsAtOnce(
  { id, port_id }: Pick<Configurations['floating_ips'][number], 'id' | 'port_id'>,
  document: Leading,
): boolean {
  if (port_id !== null) return serverOfFloating(id, document) === undefined;
  const own = document.port_forwardings.filter(({ floating_ip_id }) => floating_ip_id === id);
  const servers = new Set(own.map((one) => serverOfForwarding(one.id, document)));
  return servers.has(undefined) || servers.size > 1;
}

function serverOf(ref: Ref, document: Leading): string | undefined {
  const found = known.get(document) ?? allOf(document);
  known.set(document, found);
  return found.get(ref);
}

/** The port to which an address leads, and which address of it. */
interface Lead {
  readonly ref: Ref;
  readonly port: string | null;
  readonly address: string | null;
}

function allOf(document: Leading): ReadonlyMap<Ref, string> {
  const holders = new Map(
    document.servers.flatMap(({ id, ports }) => withSubports(ports, document).map((port) => [port, id] as const)),
  );
  const leads: Lead[] = [
    ...document.floating_ips.map(({ id, port_id: port, fixed_ip_address: address }) => ({
      ref: refOf('floating_ip', id),
      port,
      address,
    })),
    ...document.port_forwardings.map(({ id, internal_port_id: port, internal_ip_address: address }) => ({
      ref: refOf('port_forwarding', id),
      port,
      address,
    })),
  ];
  return new Map(
    leads.flatMap((lead) => {
      if (lead.port === null) return [];
      const server = holders.get(lead.port) ?? lastHolder(lead, document);
      return server === undefined ? [] : [[lead.ref, server] as const];
    }),
  );
}

/** The last server of the plan that may answer for the address which is led to. */
function lastHolder(lead: Lead, document: Leading): string | undefined {
  const port = document.ports.find(({ id }) => id === lead.port);
  if (port === undefined) return undefined;
  const own = port.fixed_ips.map(({ ip_address }) => ip_address);
  const addresses = lead.address === null ? own : [lead.address];
  const mayHold = document.ports.filter(
    ({ network_id, allowed_address_pairs }) =>
      network_id === port.network_id &&
      allowed_address_pairs.some((pair) => addresses.some((address) => contains(pair.ip_address, address))),
  );
  const holding = new Set(mayHold.map(({ id }) => id));
  return document.servers.findLast(({ ports }) => withSubports(ports, document).some((one) => holding.has(one)))?.id;
}

/**
 * One flow, or one direction of it, as a collector saw it. The aggregator checks addresses and
 * counts.
 */
export interface FlowObservation {
  readonly source: string;
  readonly destination: string;
  /** IANA's number or name. */
  readonly protocol: number | string;
  readonly sourcePort?: number | undefined;
  readonly destinationPort?: number | undefined;
  /** From source to destination. */
  readonly bytes: number;
  readonly packets: number;
  /** From destination to source, where one observation has both. */
  readonly replyBytes?: number | undefined;
  readonly replyPackets?: number | undefined;
  readonly firstMs: number;
  readonly lastMs: number;
  /**
   * Which end opened the connection; `unclear` where the format does not tell, as NetFlow and
   * sFlow.
   */
  readonly initiator: 'source' | 'destination' | 'unclear';
  /** The network's or the port's id, where the collector knows it. */
  readonly network?: string | undefined;
}

// biome-ignore format: a table is read by column
const protocolNames: Readonly<Record<number, string>> = {
  1: 'icmp', 2: 'igmp', 4: 'ipip', 6: 'tcp', 17: 'udp', 33: 'dccp', 41: 'ipv6', 47: 'gre', 50: 'esp', 51: 'ah', 58: 'ipv6-icmp', 89: 'ospf', 112: 'vrrp', 132: 'sctp', 136: 'udplite',
};
const knownNames = new Set(Object.values(protocolNames));

/**
 * The name of a protocol in IANA's registry of protocol numbers, in lower case; null for any other
 * word.
 */
export function protocolName(protocol: number | string): string | null {
  const text = String(protocol).trim().toLowerCase();
  if (knownNames.has(text)) return text;
  if (text === 'icmp6' || text === 'icmpv6') return 'ipv6-icmp';
  const number = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  return number >= 0 && number <= 255 ? (protocolNames[number] ?? String(number)) : null;
}

/** Protocols that have ports. */
export const protocolsWithPorts: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp', 'dccp', 'udplite']);

/** First ephemeral port of Linux, net.ipv4.ip_local_port_range. */
const firstEphemeral = 32_768;

/**
 * Guesses the responder from the ports: well-known before registered before ephemeral, then the
 * lower; on a tie the destination.
 */
export function guessResponder(sourcePort: number, destinationPort: number): 'source' | 'destination' {
  const portClass = (port: number): number => (port < 1024 ? 0 : port < firstEphemeral ? 1 : 2);
  const a = portClass(sourcePort);
  const b = portClass(destinationPort);
  if (a !== b) return a < b ? 'source' : 'destination';
  return sourcePort < destinationPort ? 'source' : 'destination';
}

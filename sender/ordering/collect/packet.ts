import { addressAt } from './bytes.ts';

/** An IP packet; of a tunnelled one, the inner packet. */
export interface Packet {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Of the whole IP packet with its header. */
  readonly bytes: number;
  /** The VXLAN or Geneve network identifier of the tunnel it was in. */
  readonly vni: number | null;
  /** Which end opened the connection, where a TCP packet opens or accepts one. */
  readonly initiator: 'source' | 'destination' | 'unclear';
  /** The id that the fragments of one packet share; only the first has ports. */
  readonly fragment: { readonly of: string; readonly first: boolean } | null;
}

/** The outermost header of a frame. */
export type LinkLayer = 'ethernet' | 'ip' | 'sll' | 'sll2';

const etherTypes = { ipv4: 0x0800, ipv6: 0x86dd, vlan: [0x8100, 0x88a8, 0x9100] } as const;
const tunnelPorts: ReadonlySet<number> = new Set([4789, 8472, 6081]);

/**
 * Parses the beginning of a frame of `wireBytes` bytes. `other` carries no IP; `malformed` is too
 * short or contradicts itself.
 */
export function decodePacket(frame: Buffer, link: LinkLayer, wireBytes: number): Packet | 'other' | 'malformed' {
  return decode(frame, link, wireBytes, null);
}

function decode(frame: Buffer, link: LinkLayer, wireBytes: number, vni: number | null): Packet | 'other' | 'malformed' {
  const start = payloadOf(frame, link);
  if (start === 'malformed' || start === 'other') return start;
  const bytes = frame.subarray(start);
  const wire = Math.max(wireBytes - start, bytes.length);
  const version = (bytes[0] ?? 0) >> 4;
  const packet = version === 4 ? ipv4(bytes, wire) : version === 6 ? ipv6(bytes, wire) : null;
  if (packet === null) return 'malformed';
  const whole = withPorts(bytes, packet, vni);
  if (whole === 'malformed' || vni !== null || whole.protocol !== 17 || whole.fragment?.first === false) return whole;
  if (!tunnelPorts.has(whole.destinationPort)) return whole;
  return tunnelled(bytes.subarray(packet.payload + 8), whole.destinationPort === 6081, wire - packet.payload - 8);
}

/** VXLAN (RFC 7348) and Geneve (RFC 8926): eight bytes, Geneve's options, then an inner frame. */
function tunnelled(bytes: Buffer, geneve: boolean, wire: number): Packet | 'other' | 'malformed' {
  if (bytes.length < 8) return 'malformed';
  const options = geneve ? ((bytes[0] ?? 0) & 0x3f) * 4 : 0;
  if (geneve && bytes.readUInt16BE(2) !== 0x6558) return 'other';
  return decode(bytes.subarray(8 + options), 'ethernet', wire - 8 - options, bytes.readUIntBE(4, 3));
}

/** The offset of the IP header. */
function payloadOf(frame: Buffer, link: LinkLayer): number | 'other' | 'malformed' {
  if (link === 'ip') return frame.length > 0 ? 0 : 'malformed';
  // The offset of the protocol type. For Linux cooked captures see
  // https://www.tcpdump.org/linktypes.
  let at = { ethernet: 12, sll: 14, sll2: 0 }[link];
  const header = { ethernet: 14, sll: 16, sll2: 20 }[link];
  if (frame.length < header) return 'malformed';
  let type = frame.readUInt16BE(at);
  let start = header;
  for (let tags = 0; (etherTypes.vlan as readonly number[]).includes(type); tags++) {
    at = start + 2;
    start += 4;
    if (frame.length < start || tags === 4) return 'malformed';
    type = frame.readUInt16BE(at);
  }
  return type === etherTypes.ipv4 || type === etherTypes.ipv6 ? start : 'other';
}

interface IpHeader {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly bytes: number;
  readonly payload: number;
  readonly fragment: Packet['fragment'];
}

function ipv4(bytes: Buffer, wire: number): IpHeader | null {
  const payload = ((bytes[0] ?? 0) & 15) * 4;
  if (bytes.length < 20 || payload < 20) return null;
  const source = addressAt(bytes, 12, 4);
  const destination = addressAt(bytes, 16, 4);
  const protocol = bytes[9] ?? 0;
  // With segmentation offload the length is not filled in yet.
  const total = bytes.readUInt16BE(2) || wire;
  if (total < payload) return null;
  const flags = bytes.readUInt16BE(6);
  const offset = flags & 0x1fff;
  const more = (flags & 0x2000) !== 0;
  const of = `${source} ${destination} ${protocol} ${bytes.readUInt16BE(4)}`;
  const fragment = offset > 0 || more ? { of, first: offset === 0 } : null;
  return { source, destination, protocol, bytes: Math.min(total, wire), payload, fragment };
}

/** Extension headers before the payload (RFC 8200): hop-by-hop, routing, destination, mobility. */
const extensions: ReadonlySet<number> = new Set([0, 43, 60, 135]);

function ipv6(bytes: Buffer, wire: number): IpHeader | null {
  if (bytes.length < 40) return null;
  const source = addressAt(bytes, 8, 6);
  const destination = addressAt(bytes, 24, 6);
  let protocol = bytes[6] ?? 0;
  let payload = 40;
  let fragment: Packet['fragment'] = null;
  for (let hops = 0; extensions.has(protocol) || protocol === 44 || protocol === 51; hops++) {
    if (hops === 8) return null;
    // A later fragment has no further headers.
    if (bytes.length < payload + 8) break;
    const next = bytes[payload] ?? 0;
    const length = bytes[payload + 1] ?? 0;
    if (protocol === 44) {
      const first = bytes.readUInt16BE(payload + 2) >> 3 === 0;
      fragment = { of: `${source} ${destination} ${bytes.readUInt32BE(payload + 4)}`, first };
      payload += 8;
    } else payload += protocol === 51 ? (length + 2) * 4 : (length + 1) * 8;
    protocol = next;
    if (fragment?.first === false) break;
  }
  const total = bytes.readUInt16BE(4);
  return { source, destination, protocol, bytes: total === 0 ? wire : Math.min(total + 40, wire), payload, fragment };
}

const portProtocols: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);

function withPorts(bytes: Buffer, { payload, ...header }: IpHeader, vni: number | null): Packet | 'malformed' {
  const bare = { ...header, vni, sourcePort: 0, destinationPort: 0, initiator: 'unclear' as const };
  if (!portProtocols.has(header.protocol) || header.fragment?.first === false) return bare;
  if (bytes.length < payload + 4) return 'malformed';
  const ports = { sourcePort: bytes.readUInt16BE(payload), destinationPort: bytes.readUInt16BE(payload + 2) };
  const flags = header.protocol === 6 ? (bytes[payload + 13] ?? 0) & 0x12 : 0;
  return { ...bare, ...ports, initiator: flags === 0x02 ? 'source' : flags === 0x12 ? 'destination' : 'unclear' };
}

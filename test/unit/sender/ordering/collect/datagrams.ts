/** Big-endian numbers of the given widths, one after the other. */
export function packed(...parts: readonly (readonly [bytes: number, value: number] | Buffer)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (Buffer.isBuffer(part)) return part;
      const buffer = Buffer.alloc(part[0]);
      if (part[0] === 8) buffer.writeBigUInt64BE(BigInt(part[1]));
      else if (part[0] > 0) buffer.writeUIntBE(part[1], 0, part[0]);
      return buffer;
    }),
  );
}

/** An IPv4 address as bytes. */
export function ip4(text: string): Buffer {
  return Buffer.from(text.split('.').map(Number));
}

/** The Saturday on which every datagram of these tests is sent, in seconds. */
export const sentSeconds = 1_795_262_400;

interface FlowShape {
  readonly from?: string;
  readonly to?: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly protocol?: number;
  readonly packets?: number;
  readonly bytes?: number;
}

const flowOf = (flow: FlowShape) => ({
  from: '10.0.0.1',
  to: '10.0.0.2',
  sourcePort: 40_000,
  destinationPort: 80,
  protocol: 6,
  packets: 3,
  bytes: 300,
  ...flow,
});

/** A NetFlow 5 datagram, whose flows lasted from two seconds to one second before it was sent. */
export function aNetflow(flows: readonly FlowShape[], sampling = 0): Buffer {
  const records = flows.map((shape) => {
    const { from, to, sourcePort, destinationPort, protocol, packets, bytes } = flowOf(shape);
    return packed(
      ...[
        ip4(from),
        ip4(to),
        Buffer.alloc(8),
        [4, packets] as const,
        [4, bytes] as const,
        [4, 8_000] as const,
        [4, 9_000] as const,
      ],
      ...[[2, sourcePort] as const, [2, destinationPort] as const, [2, 0] as const, [1, protocol] as const, Buffer.alloc(9)],
    );
  });
  return packed([2, 5], [2, flows.length], [4, 10_000], [4, sentSeconds], [4, 0], [4, 7], [2, 0], [2, sampling], ...records);
}

/** An IPFIX message of sets. */
export function anIpfix(sets: readonly { readonly id: number; readonly body: Buffer }[], domain = 1): Buffer {
  const bodies = sets.map(({ id, body }) => packed([2, id], [2, body.length + 4], body));
  const length = 16 + bodies.reduce((sum, body) => sum + body.length, 0);
  return packed([2, 10], [2, length], [4, sentSeconds], [4, 0], [4, domain], ...bodies);
}

/** A template of fields: element and length, and the enterprise where it is one's own. */
export function aTemplate(
  id: number,
  fields: readonly (readonly [element: number, length: number, enterprise?: number])[],
): Buffer {
  const described = fields.map(([element, length, enterprise]) =>
    enterprise === undefined ? packed([2, element], [2, length]) : packed([2, element | 0x8000], [2, length], [4, enterprise]),
  );
  return packed([2, id], [2, fields.length], ...described);
}

interface FrameShape extends FlowShape {
  readonly payload?: Buffer;
  readonly flags?: number;
  readonly vlans?: readonly number[];
  readonly fragment?: number;
  readonly six?: boolean;
}

/** An Ethernet frame with an IP packet; IPv6 when asked for, then from 2001:db8::1 to ::2. */
export function aFrame(shape: FrameShape = {}): Buffer {
  const { from, to, sourcePort, destinationPort, protocol } = flowOf(shape);
  const { payload = Buffer.alloc(100), flags = 0x10, vlans = [], fragment = 0, six = false } = shape;
  const ports = fragment % 0x2000 > 0 ? Buffer.alloc(0) : packed([2, sourcePort], [2, destinationPort]);
  const rest =
    ports.length === 0
      ? Buffer.alloc(0)
      : protocol === 6
        ? packed([8, 0], [1, 0x50], [1, flags], [6, 0])
        : packed([2, payload.length + 8], [2, 0]);
  const transport = Buffer.concat([ports, rest, payload]);
  const tags = vlans.map((vlan) => packed([2, 0x8100], [2, vlan]));
  const ip = six
    ? packed(
        ...[[4, 0x60000000] as const, [2, transport.length] as const, [1, protocol] as const, [1, 64] as const],
        six6(1),
        six6(2),
        transport,
      )
    : packed(
        ...[[2, 0x4500] as const, [2, 20 + transport.length] as const, [2, 77] as const, [2, fragment] as const],
        ...[[1, 64] as const, [1, protocol] as const, [2, 0] as const, ip4(from), ip4(to), transport],
      );
  return Buffer.concat([Buffer.alloc(12, 2), ...tags, packed([2, six ? 0x86dd : 0x0800]), ip]);
}

const six6 = (last: number): Buffer => packed([4, 0x20010db8], [4, 0], [4, 0], [4, last]);

/** A frame within VXLAN, or within Geneve with so many bytes of options. */
export function tunnelled(inner: Buffer, vni: number, geneveOptions?: number): Buffer {
  const geneve = geneveOptions !== undefined;
  const header = geneve
    ? packed([1, geneveOptions / 4], [1, 0], [2, 0x6558], [3, vni], [1, 0], Buffer.alloc(geneveOptions))
    : packed([4, 0x08000000], [3, vni], [1, 0]);
  const outer = { from: '192.0.2.1', to: '192.0.2.2', protocol: 17, sourcePort: 50_000 };
  return aFrame({ ...outer, destinationPort: geneve ? 6081 : 4789, payload: Buffer.concat([header, inner]) });
}

/** An sFlow 5 datagram of flow samples, each of one header at the given rate. */
export function anSflow(frames: readonly Buffer[], rate: number, expanded = false): Buffer {
  const samples = frames.map((frame) => {
    const kept = Buffer.concat([frame, Buffer.alloc((4 - (frame.length % 4)) % 4)]);
    const header = packed([4, 1], [4, frame.length + 4], [4, 4], [4, frame.length], kept);
    const record = packed([4, 1], [4, header.length], header);
    const before = expanded ? packed([4, 1], [4, 0], [4, 5], [4, rate]) : packed([4, 1], [4, 5], [4, rate]);
    const body = Buffer.concat([before, Buffer.alloc(8), Buffer.alloc(expanded ? 16 : 8), packed([4, 1]), record]);
    return packed([4, expanded ? 3 : 1], [4, body.length], body);
  });
  return packed([4, 5], [4, 1], ip4('192.0.2.9'), [4, 0], [4, 1], [4, 1000], [4, samples.length], ...samples);
}

/** A pcap file of Ethernet frames, a second apart, each cut to `snap` bytes. */
export function aPcap(frames: readonly Buffer[], { little = false, nano = false, snap = 65_535, link = 1 } = {}): Buffer {
  const header = packed([4, nano ? 0xa1b23c4d : 0xa1b2c3d4], [2, 2], [2, 4], [4, 0], [4, 0], [4, snap], [4, link]);
  if (little) header.subarray(0, 4).swap32();
  if (little) header.subarray(4, 8).swap16();
  if (little) header.subarray(8).swap32();
  const records = frames.map((frame, index) => {
    const kept = frame.subarray(0, snap);
    const head = packed([4, sentSeconds + index], [4, nano ? 500_000_000 : 500_000], [4, kept.length], [4, frame.length]);
    return Buffer.concat([little ? head.swap32() : head, kept]);
  });
  return Buffer.concat([header, ...records]);
}

/**
 * A pcapng file of one Ethernet interface, its times in nanoseconds, with enhanced packets and one
 * simple one at the end.
 */
export function aPcapng(frames: readonly Buffer[], simple?: Buffer): Buffer {
  const block = (type: number, body: Buffer): Buffer => {
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
    return packed([4, type], [4, padded.length + 12], padded, [4, padded.length + 12]);
  };
  const blocks = frames.map((frame, index) => {
    const at = BigInt(sentSeconds + index) * 1_000_000_000n;
    const time = packed([4, 0], [4, Number(at >> 32n)], [4, Number(at & 0xffffffffn)]);
    return block(6, Buffer.concat([time, packed([4, frame.length], [4, frame.length]), frame]));
  });
  return Buffer.concat([
    ...[block(0x0a0d0d0a, packed([4, 0x1a2b3c4d], [2, 1], [2, 0], [4, 0xffffffff], [4, 0xffffffff]))],
    ...[block(1, packed([2, 1], [2, 0], [4, 0], [2, 9], [2, 1], [1, 9], [3, 0], [4, 0])), block(5, Buffer.alloc(12)), ...blocks],
    ...(simple === undefined ? [] : [block(3, packed([4, simple.length], simple))]),
  ]);
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFrames } from '../../../../../sender/ordering/collect/capture-file.ts';
import { decodePacket } from '../../../../../sender/ordering/collect/packet.ts';
import { PacketFlows } from '../../../../../sender/ordering/collect/packet-flows.ts';
import { parsePmacct } from '../../../../../sender/ordering/collect/pmacct.ts';
import { aFrame, aPcap, aPcapng, packed, sentSeconds, tunnelled } from './datagrams.ts';

const decoded = (frame: Buffer, wireBytes = frame.length) => decodePacket(frame, 'ethernet', wireBytes);
const ends = { source: '10.0.0.1', destination: '10.0.0.2', sourcePort: 40_000, destinationPort: 80, protocol: 6 };

async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function read(file: Buffer, size = 7) {
  let torn = 0;
  const frames = [];
  for await (const frame of readFrames(chunks(file, size), 'a.pcap', () => void torn++)) frames.push(frame);
  return { frames, torn };
}

describe('a packet', () => {
  test('is found behind VLAN tags, in IPv6 behind extension headers, and in a tunnel', () => {
    expect(decoded(aFrame({ vlans: [100, 5] }))).toMatchObject({ ...ends, bytes: 140, vni: null });
    expect(decoded(aFrame({ six: true }))).toMatchObject({ source: '2001:db8:0:0:0:0:0:1', bytes: 160, destinationPort: 80 });
    const hop = aFrame({ six: true, protocol: 0, payload: Buffer.alloc(0) });
    const extended = packed(hop.subarray(0, 54), [1, 6], [1, 0], [6, 0], aFrame().subarray(34));
    extended.writeUInt16BE(extended.length - 54, 18);
    expect(decoded(extended)).toMatchObject({ protocol: 6, sourcePort: 40_000, destinationPort: 80 });
    expect(decoded(tunnelled(aFrame(), 77))).toMatchObject({ ...ends, bytes: 140, vni: 77 });
    expect(decoded(tunnelled(aFrame({ vlans: [3] }), 78, 12))).toMatchObject({ ...ends, bytes: 140, vni: 78 });
  });

  test('that opens a connection tells who began, on either side', () => {
    expect(decoded(aFrame({ flags: 0x02 }))).toMatchObject({ initiator: 'source' });
    expect(decoded(aFrame({ flags: 0x12 }))).toMatchObject({ initiator: 'destination' });
    expect(decoded(aFrame())).toMatchObject({ initiator: 'unclear' });
  });

  test('whose length the network card fills in later has the length of its frame, and one that was cut keeps its own', () => {
    const segment = aFrame({ payload: Buffer.alloc(60_000) });
    segment.writeUInt16BE(0, 16);
    expect(decoded(segment.subarray(0, 96), segment.length)).toMatchObject({ bytes: 60_040 });
    expect(decoded(aFrame().subarray(0, 60), 154)).toMatchObject({ bytes: 140 });
  });

  test('that carries no IP is another matter, and one too short to be read is malformed', () => {
    expect(decoded(packed(Buffer.alloc(12), [2, 0x0806], Buffer.alloc(28)))).toBe('other');
    expect(decoded(aFrame().subarray(0, 30))).toBe('malformed');
    expect(decoded(aFrame().subarray(0, 36))).toBe('malformed');
  });

  test('of any bytes is decoded or refused', () => {
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 120 }),
      fc.uint8Array({ maxLength: 90 }).map((tail) => Buffer.concat([tunnelled(aFrame(), 1).subarray(0, 42), tail])),
    );
    fc.assert(
      fc.property(any, fc.constantFrom('ethernet', 'ip', 'sll', 'sll2'), fc.nat(2000), (bytes, link, wire) => {
        const packet = decodePacket(Buffer.from(bytes), link, wire);
        if (typeof packet !== 'string') expect(packet.bytes).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

test('packets add up to flows of both directions; later fragments have the ports of the first; the initiator is who opened', () => {
  const flows = new PacketFlows((vni) => `net-${vni}`);
  const back = { from: '10.0.0.2', to: '10.0.0.1', sourcePort: 80, destinationPort: 40_000 };
  const frames = [
    aFrame({ ...back, flags: 0x12 }),
    aFrame(),
    aFrame({ fragment: 0x2000 }),
    aFrame({ fragment: 0x0010 }),
    tunnelled(aFrame(), 9),
  ];
  for (const [index, frame] of frames.entries()) {
    const packet = decoded(frame);
    if (typeof packet !== 'string') flows.add(packet, index);
  }
  expect(flows.flush()).toEqual(
    [
      {
        ...ends,
        ...back,
        source: '10.0.0.2',
        destination: '10.0.0.1',
        bytes: 140,
        packets: 1,
        replyBytes: 400,
        replyPackets: 3,
        firstMs: 0,
        lastMs: 3,
        initiator: 'destination',
      },
      {
        ...ends,
        bytes: 140,
        packets: 1,
        replyBytes: 0,
        replyPackets: 0,
        firstMs: 4,
        lastMs: 4,
        initiator: 'unclear',
        network: 'net-9',
      },
    ].map(({ from: _from, to: _to, ...flow }: Record<string, unknown>) => flow),
  );
});

test('a bounded number of flows is held; what came before is given away and nothing is lost', () => {
  const flows = new PacketFlows(undefined, 2);
  const given = [1, 2, 3, 4, 5].flatMap((port) => {
    const packet = decoded(aFrame({ sourcePort: port }));
    return typeof packet === 'string' ? [] : flows.add(packet, port);
  });
  expect([...given, ...flows.flush()].map(({ sourcePort }) => sourcePort)).toEqual([1, 2, 3, 4, 5]);
});

describe('a file of packets', () => {
  test.each([
    { little: false, nano: false },
    { little: true, nano: false },
    { little: false, nano: true },
    { little: true, nano: true },
  ])('of pcap is read in any order of bytes and unit of time: %o', async (how) => {
    const { frames, torn } = await read(aPcap([aFrame(), aFrame()], { ...how, snap: 60 }));
    expect(torn).toBe(0);
    expect(frames.map(({ atMs, wireBytes, bytes }) => [atMs - sentSeconds * 1000, wireBytes, bytes.length])).toEqual([
      [500, 154, 60],
      [1500, 154, 60],
    ]);
  });

  test('of pcapng is read: enhanced packets with their time, simple ones without', async () => {
    const { frames, torn } = await read(aPcapng([aFrame(), aFrame()], aFrame()));
    expect(torn).toBe(0);
    expect(frames.map(({ atMs, link, bytes }) => [atMs, link, bytes.equals(aFrame())])).toEqual([
      [sentSeconds * 1000, 'ethernet', true],
      [sentSeconds * 1000 + 1000, 'ethernet', true],
      [0, 'ethernet', true],
    ]);
  });

  test('that breaks off gives what came before, and says so', async () => {
    const whole = aPcap([aFrame(), aFrame()]);
    expect(await read(whole.subarray(0, -1))).toMatchObject({ torn: 1, frames: [expect.anything()] });
    expect(await read(aPcapng([aFrame()]).subarray(0, -5))).toMatchObject({ torn: 1, frames: [] });
    await expect(read(Buffer.from('no capture'))).rejects.toMatchObject({ code: 'E_TRAFFIC' });
  });

  test('with any bytes in it is read to its end or refused', async () => {
    const wholes = [aPcap([aFrame()]), aPcapng([aFrame()])];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...wholes),
        fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 8 }),
        async (whole, changes) => {
          const copy = Buffer.from(whole);
          for (const [at, value] of changes) if (at >= 4) copy[at % copy.length] = value;
          if ([0xa1b2c3d4, 0x0a0d0d0a].includes(copy.readUInt32BE(0))) await read(copy, 64);
        },
      ),
    );
  });
});

describe("pmacct's JSON", () => {
  const row = { ip_src: '10.0.0.1', ip_dst: '10.0.0.2', port_src: 40_000, port_dst: 80, ip_proto: 'tcp', packets: 3, bytes: 300 };

  test('is read line by line, with its own times where it has them', () => {
    expect(parsePmacct(JSON.stringify(row), 5)).toEqual({
      ...ends,
      protocol: 'tcp',
      packets: 3,
      bytes: 300,
      firstMs: 5,
      lastMs: 5,
      initiator: 'unclear',
    });
    const timed = { ...row, timestamp_start: '2026-11-21 12:00:00.5', timestamp_end: `${sentSeconds + 2}.000000` };
    expect(parsePmacct(JSON.stringify(timed), 5)).toMatchObject({
      firstMs: Date.UTC(2026, 10, 21, 12) + 500,
      lastMs: (sentSeconds + 2) * 1000,
    });
  });

  test('of any text is a row or none', () => {
    const some = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ ip_src: fc.anything(), ip_dst: fc.constant('x'), ip_proto: fc.constant(6), bytes: fc.anything() })
        .map((value) => {
          try {
            return JSON.stringify(value);
          } catch {
            return '{}';
          }
        }),
    );
    fc.assert(fc.property(some, (line) => void parsePmacct(line, 0)));
  });
});

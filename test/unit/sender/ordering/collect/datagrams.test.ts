import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IpfixReader } from '../../../../../sender/ordering/collect/ipfix.ts';
import { PendingSets } from '../../../../../sender/ordering/collect/ipfix-pending.ts';
import { parseNetflow } from '../../../../../sender/ordering/collect/netflow.ts';
import { parseSflow, sampledObservation } from '../../../../../sender/ordering/collect/sflow.ts';
import { aFrame, aNetflow, anIpfix, anSflow, aTemplate, ip4, packed, sentSeconds, tunnelled } from './datagrams.ts';

const sentMs = sentSeconds * 1000;

/** Datagrams that were cut, torn, or have some bytes turned into others. */
function damaged(whole: Buffer): fc.Arbitrary<Buffer> {
  const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 12 });
  const changed = fc.tuple(changes, fc.nat(whole.length)).map(([bytes, length]) => {
    const copy = Buffer.from(whole);
    for (const [at, value] of bytes) copy[at] = value;
    return copy.subarray(0, length === 0 ? whole.length : length);
  });
  return fc.oneof(
    changed,
    fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  );
}

describe('NetFlow 5', () => {
  test('gives flows of one direction with the times of the exporter, multiplied where it samples', () => {
    expect(parseNetflow(aNetflow([{}, { protocol: 17, destinationPort: 53 }]))?.observations).toEqual([
      {
        source: '10.0.0.1',
        destination: '10.0.0.2',
        protocol: 6,
        sourcePort: 40_000,
        destinationPort: 80,
        bytes: 300,
        packets: 3,
        firstMs: sentMs - 2000,
        lastMs: sentMs - 1000,
        initiator: 'unclear',
      },
      expect.objectContaining({ protocol: 17, destinationPort: 53 }),
    ]);
    expect(parseNetflow(aNetflow([{}], 0x4000 + 100))?.observations[0]).toMatchObject({ bytes: 30_000, packets: 300 });
  });

  test('of another version, or shorter than it says, is refused', () => {
    expect(parseNetflow(aNetflow([{}]).subarray(0, 60))).toBeNull();
    expect(parseNetflow(packed([2, 9], Buffer.alloc(70)))).toBeNull();
  });

  test('survives whatever arrives in place of a datagram', () => {
    fc.assert(fc.property(damaged(aNetflow([{}, {}])), (datagram) => void parseNetflow(datagram)));
  });
});

const fields = [
  [8, 4],
  [12, 4],
  [4, 1],
  [7, 2],
  [11, 2],
  [1, 8],
  [2, 8],
  [158, 4],
  [159, 4],
] as const;
const record = packed(
  ip4('10.0.0.1'),
  ip4('10.0.0.2'),
  [1, 6],
  [2, 40_000],
  [2, 80],
  [8, 300],
  [8, 3],
  [4, 2_000_000],
  [4, 1_000_000],
);
const flow = {
  source: '10.0.0.1',
  destination: '10.0.0.2',
  protocol: 6,
  sourcePort: 40_000,
  destinationPort: 80,
  bytes: 300,
  packets: 3,
  firstMs: sentMs - 2000,
  lastMs: sentMs - 1000,
  initiator: 'unclear',
};
const everything = anIpfix([
  { id: 2, body: aTemplate(256, fields) },
  { id: 256, body: Buffer.concat([record, record]) },
]);

describe('IPFIX', () => {
  test('is read by the templates its exporter told, those of one exporter or domain not for another', () => {
    const reader = new IpfixReader();
    expect(reader.read(everything, 'a')).toMatchObject({
      observations: [flow, flow],
      malformed: 0,
      withoutTemplate: 0,
      domain: 1,
    });
    const data = [{ id: 256, body: record }];
    expect(reader.read(anIpfix(data), 'a')?.observations).toEqual([flow]);
    expect(reader.read(anIpfix(data), 'b')).toMatchObject({ observations: [], withoutTemplate: 1 });
    expect(reader.read(anIpfix(data, 2), 'a')).toMatchObject({ observations: [], withoutTemplate: 1 });
  });

  test('steps over lengths that vary, fields of other makers, and options', () => {
    const template = aTemplate(300, [...fields, [82, 65_535], [1, 4, 9_999]]);
    const short = packed(record, [1, 3], Buffer.from('tap'), [4, 1]);
    const long = packed(record, [1, 255], [2, 300], Buffer.alloc(300), [4, 1]);
    const options = packed([2, 301], [2, 2], [2, 1], [2, 149], [2, 4], [2, 34], [2, 4]);
    const sets = [
      { id: 2, body: template },
      { id: 3, body: options },
      { id: 300, body: Buffer.concat([short, long]) },
      { id: 301, body: Buffer.alloc(16) },
    ];
    expect(new IpfixReader().read(anIpfix(sets), 'a')).toMatchObject({ observations: [flow, flow], malformed: 0 });
  });

  test('reads IPv6, other notations of time, and both directions of one flow', () => {
    const template = aTemplate(256, [
      [27, 16],
      [28, 16],
      [4, 1],
      [1, 4],
      [1, 4, 29_305],
      [2, 4, 29_305],
      [239, 1],
      [150, 4],
      [157, 8],
    ]);
    const address = (last: number) => packed([4, 0x20010db8], [8, 0], [4, last]);
    const ends = packed([4, sentSeconds - 9], packed([4, sentSeconds + 2_208_988_800], [4, 0x80000000]));
    const body = packed(address(1), address(2), [1, 58], [4, 10], [4, 20], [4, 2], [1, 1], ends);
    const read = new IpfixReader().read(
      anIpfix([
        { id: 2, body: template },
        { id: 256, body },
      ]),
      'a',
    );
    expect(read?.observations).toEqual([
      {
        source: '2001:db8:0:0:0:0:0:1',
        destination: '2001:db8:0:0:0:0:0:2',
        protocol: 58,
        sourcePort: 0,
        destinationPort: 0,
        bytes: 10,
        packets: 0,
        replyBytes: 20,
        replyPackets: 2,
        initiator: 'source',
        firstMs: sentMs - 9000,
        lastMs: sentMs + 500,
      },
    ]);
  });

  test('forgets a template that is withdrawn, or all of them', () => {
    for (const withdrawn of [256, 2]) {
      const reader = new IpfixReader();
      reader.read(everything, 'a');
      reader.read(anIpfix([{ id: 2, body: packed([2, withdrawn], [2, 0]) }]), 'a');
      expect(reader.read(anIpfix([{ id: 256, body: record }]), 'a')).toMatchObject({ observations: [], withoutTemplate: 1 });
    }
  });

  test('keeps records until their template comes, in bounds, and tells how many still wait', () => {
    const data = anIpfix([{ id: 256, body: record }]);
    const bytes = record.length + 200;
    const reader = new IpfixReader(8, new PendingSets(2 * bytes));
    expect([1, 2, 3].map(() => reader.read(data, 'a')?.overLimit)).toEqual([0, 0, 1]);
    expect(reader.waiting).toBe(2);
    const template = anIpfix([{ id: 2, body: aTemplate(256, fields) }]);
    expect(reader.read(template, 'b')).toMatchObject({ observations: [] });
    expect(reader.read(template, 'a')).toMatchObject({ observations: [flow, flow], withoutTemplate: 0 });
    expect(reader.waiting).toBe(0);
    expect(reader.read(template, 'a')).toMatchObject({ observations: [] });
    expect(reader.read(anIpfix([{ id: 999, body: record }]), 'a')).toMatchObject({ overLimit: 0 });
  });

  test('tells what comes into a switch from what leaves it, and steps over frames that are not of IP', () => {
    const template = aTemplate(256, [...fields, [61, 1], [256, 2]]);
    const seen = (direction: number, type: number) => packed(record, [1, direction], [2, type]);
    const body = Buffer.concat([seen(0, 0x0800), seen(1, 0x0800), seen(0, 0x0806)]);
    const sets = [
      { id: 2, body: template },
      { id: 256, body },
    ];
    expect(new IpfixReader().read(anIpfix(sets), 'a')).toMatchObject({ observations: [flow], leaving: [flow], malformed: 0 });
  });

  test('holds a bounded number of templates, and says how many found no room', () => {
    const reader = new IpfixReader(1);
    reader.read(everything, 'a');
    expect(reader.read(everything, 'b')).toMatchObject({ observations: [], overLimit: 1, withoutTemplate: 1 });
  });

  test('counts sets that are torn and records without an address, and takes the rest', () => {
    const sets = [
      { id: 2, body: aTemplate(256, fields) },
      { id: 2, body: aTemplate(257, [[1, 8]]) },
      { id: 257, body: Buffer.alloc(16) },
      { id: 256, body: record },
    ];
    const datagram = anIpfix(sets);
    expect(new IpfixReader().read(datagram, 'a')).toMatchObject({ observations: [flow], malformed: 2 });
    datagram.writeUInt16BE(4000, datagram.length - record.length - 2);
    expect(new IpfixReader().read(datagram, 'a')).toMatchObject({ observations: [], malformed: 3 });
  });

  test('survives whatever arrives, and a template of no bytes never ends in a loop', () => {
    fc.assert(
      fc.property(fc.array(damaged(everything), { maxLength: 4 }), (datagrams) => {
        const reader = new IpfixReader(4);
        for (const datagram of datagrams) reader.read(datagram, 'a');
      }),
    );
    const empty = anIpfix([
      { id: 2, body: aTemplate(256, [[8, 0]]) },
      { id: 256, body: Buffer.alloc(8) },
    ]);
    expect(new IpfixReader().read(empty, 'a')).toMatchObject({ malformed: 1, withoutTemplate: 1 });
  });
});

describe('sFlow 5', () => {
  test.each([false, true])('gives sampled packets, which stand for as many as the rate says (expanded: %s)', (expanded) => {
    const read = parseSflow(anSflow([aFrame(), aFrame({ protocol: 17 })], 64, expanded));
    expect(read).toMatchObject({ agent: '192.0.2.9', malformed: 0 });
    const [first] = read?.samples ?? [];
    expect(first === undefined ? null : sampledObservation(first, sentMs, undefined)).toMatchObject({
      source: '10.0.0.1',
      destination: '10.0.0.2',
      sourcePort: 40_000,
      destinationPort: 80,
      protocol: 6,
      bytes: 140 * 64,
      packets: 64,
      initiator: 'unclear',
    });
    expect(read?.samples.length).toBe(2);
  });

  test('tells the network of a tunnel', () => {
    expect(parseSflow(anSflow([tunnelled(aFrame(), 4711)], 1))?.samples[0]?.packet).toMatchObject({
      vni: 4711,
      source: '10.0.0.1',
    });
  });

  test('survives whatever arrives in place of a datagram', () => {
    fc.assert(fc.property(damaged(anSflow([aFrame(), tunnelled(aFrame(), 1)], 8)), (datagram) => void parseSflow(datagram)));
  });
});

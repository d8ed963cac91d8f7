import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChunkSplitter } from '../../../../../sender/ordering/collect/chunk-splitter.ts';
import { type ConntrackEntry, parseConntrackLine, parseConntrackXml } from '../../../../../sender/ordering/collect/conntrack.ts';
import { ConntrackMeter } from '../../../../../sender/ordering/collect/conntrack-meter.ts';
import { FlowDeduplicator } from '../../../../../sender/ordering/collect/flow-deduplicator.ts';
import { anObservation } from '../traffic/observations.ts';

const forth = 'src=10.0.0.1 dst=10.0.0.2 sport=40000 dport=80 packets=6 bytes=398';
const back = 'src=10.0.0.2 dst=10.0.0.1 sport=80 dport=40000 packets=5 bytes=3379';

function anEntry(more: Partial<ConntrackEntry> & { sent?: number; received?: number } = {}): ConntrackEntry {
  const { sent = 100, received = 1000, ...rest } = more;
  return {
    event: 'present',
    id: '7',
    zone: 0,
    protocol: '6',
    counted: true,
    original: { source: '10.0.0.1', destination: '10.0.0.2', sourcePort: 40_000, destinationPort: 80, bytes: sent, packets: 1 },
    reply: { source: '10.0.0.2', destination: '10.0.0.1', sourcePort: 80, destinationPort: 40_000, bytes: received, packets: 2 },
    ...rest,
  };
}

test.each([
  ['a dump', `ipv4     2 tcp      6 119 TIME_WAIT ${forth} ${back} [ASSURED] mark=0 delta-time=0 use=1 id=4270170032`],
  [
    'an event with its time',
    `[1795254748.761240]\t [UPDATE] ipv4 2 tcp 6 119 ESTABLISHED ${forth} ${back} [ASSURED] id=4270170032`,
  ],
  ['the kernel’s own file', `ipv4     2 tcp      6 431999 ESTABLISHED ${forth} ${back} [ASSURED] mark=0 zone=3 use=2`],
  ['a plain dump', `tcp      6 119 TIME_WAIT ${forth} ${back} [ASSURED] mark=0 use=1`],
  ['an unanswered one', `[NEW] ipv4 2 tcp 6 120 SYN_SENT ${forth} [UNREPLIED] ${back} id=1`],
])('%s is read: the first tuple is the initiator’s, the second the reply', (_, line) => {
  expect(parseConntrackLine(line)).toMatchObject({
    protocol: '6',
    counted: true,
    original: { source: '10.0.0.1', destination: '10.0.0.2', sourcePort: 40_000, destinationPort: 80, packets: 6, bytes: 398 },
    reply: { source: '10.0.0.2', destination: '10.0.0.1', packets: 5, bytes: 3379 },
  });
});

test('the id of an echo is not the id of its entry, and the zone and the end of an entry are read', () => {
  const line =
    '[DESTROY] ipv4 2 icmp 1 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=77 packets=1 bytes=84 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=77 packets=1 bytes=84 mark=0 zone=5 id=99';
  expect(parseConntrackLine(line)).toMatchObject({ event: 'ended', id: '99', zone: 5, protocol: '1' });
});

test('XML says the same as lines', () => {
  const side = (from: string, to: string, sport: number, dport: number, packets: number, bytes: number) =>
    `<layer3 protonum="2" protoname="ipv4"><src>${from}</src><dst>${to}</dst></layer3><layer4 protonum="6" protoname="tcp"><sport>${sport}</sport><dport>${dport}</dport></layer4><counters><packets>${packets}</packets><bytes>${bytes}</bytes></counters>`;
  const original = `<meta direction="original">${side('10.0.0.1', '10.0.0.2', 40_000, 80, 6, 398)}</meta>`;
  const reply = `<meta direction="reply">${side('10.0.0.2', '10.0.0.1', 80, 40_000, 5, 3379)}</meta>`;
  const own =
    '<meta direction="independent"><state>TIME_WAIT</state><timeout>119</timeout><use>1</use><id>42</id><zone>3</zone><assured/></meta>';
  const line = `[DESTROY] tcp 6 ${forth} ${back} zone=3 id=42`;
  expect(parseConntrackXml(`<?xml?><conntrack>\n<flow type="destroy">${original}${reply}${own}`)).toEqual(
    parseConntrackLine(line),
  );
  expect(parseConntrackXml(`<flow>${original}${own}`)).toBeNull();
});

test.each([
  'conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.',
  `tcp 6 10 ${forth}`,
  `tcp 6 10 ${forth} ${back} ${back}`,
  `tcp 6 10 ${forth.replace('398', '-398')} ${back}`,
  `tcp 6 10 ${forth.replace('398', '1e9')} ${back}`,
  `tcp tcp 10 ${forth} ${back}`,
  '',
])('what is no entry is none: %s', (line) => {
  expect(parseConntrackLine(line)).toBeNull();
});

test('whatever is thrown at them, the parsers answer with an entry or with null', () => {
  const words = fc.constantFrom(
    'tcp',
    '6',
    'src=',
    'src=1.2.3.4',
    'dst=::1',
    'sport=9',
    'bytes=999999999999999999999',
    '[NEW]',
    '<flow',
    'zone=',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(words, { maxLength: 30 }).map((list) => list.join(' ')),
  );
  fc.assert(
    fc.property(text, (line) => {
      for (const entry of [parseConntrackLine(line), parseConntrackXml(line)])
        if (entry !== null) expect(entry.original.bytes).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('what was counted before the period is not counted; growth, a new entry and an end are, a reset begins anew', () => {
  const meter = new ConntrackMeter();
  const bytes = (entries: readonly ConntrackEntry[], atMs: number) =>
    meter.dump(entries, atMs).map(({ observation }) => [observation.bytes, observation.replyBytes]);
  meter.start([anEntry({ sent: 5000 })], 0);
  expect(bytes([anEntry({ sent: 5200 })], 10)).toEqual([[200, 0]]);
  expect(bytes([anEntry({ sent: 5200 })], 20)).toEqual([]);
  expect(bytes([anEntry({ sent: 30, received: 40 })], 30)).toEqual([[30, 40]]);
  expect(meter.event(anEntry({ event: 'ended', sent: 35, received: 40 }), 35)?.observation).toMatchObject({
    bytes: 5,
    replyBytes: 0,
    firstMs: 30,
    lastMs: 35,
  });
  expect(meter.event(anEntry({ event: 'ended', id: '8', sent: 9, received: 1 }), 36)?.observation.bytes).toBe(9);
  expect(bytes([], 40)).toEqual([]);
  expect(bytes([anEntry({ sent: 30, received: 40 })], 50)).toEqual([[30, 40]]);
});

test('an entry whose end was heard while a dump was being written does not count again', () => {
  const meter = new ConntrackMeter();
  expect(meter.event(anEntry({ event: 'ended' }), 1)?.observation.bytes).toBe(100);
  expect(meter.dump([anEntry()], 2)).toEqual([]);
  expect(meter.dump([anEntry()], 3).length).toBe(1);
});

test('one hypervisor holds a bounded number of entries, and says how many found no room', () => {
  const meter = new ConntrackMeter(2);
  expect(
    meter.dump(
      ['1', '2', '3'].map((id) => anEntry({ id })),
      1,
    ).length,
  ).toBe(2);
  expect(meter.overLimit).toBe(1);
});

test('without accounting it is still known who talks to whom', () => {
  const entry = parseConntrackLine(
    'tcp 6 9 src=10.0.0.1 dst=10.0.0.2 sport=4 dport=80 src=10.0.0.2 dst=10.0.0.1 sport=80 dport=4 use=1',
  );
  const meter = new ConntrackMeter();
  expect(meter.dump(entry === null ? [] : [entry], 1)[0]?.observation).toMatchObject({
    bytes: 0,
    initiator: 'source',
    destination: '10.0.0.2',
  });
  expect(meter.uncounted).toBe(1);
});

test('behind a destination NAT the server that answers is the responder', () => {
  const entry = anEntry({ original: { ...anEntry().original, destination: '203.0.113.5', destinationPort: 8080 } });
  expect(new ConntrackMeter().dump([entry], 1)[0]?.observation).toMatchObject({ destination: '10.0.0.2', destinationPort: 80 });
});

test('what two places saw counts once, whoever saw more of it, in whichever direction', () => {
  const once = new FlowDeduplicator();
  const reversed = anObservation({
    source: '10.0.0.2',
    destination: '10.0.0.1',
    sourcePort: 80,
    destinationPort: 40_000,
    bytes: 4500,
    replyBytes: 900,
    packets: 8,
    replyPackets: 9,
  });
  expect(once.unseenPart('one', anObservation())).toEqual(anObservation());
  expect(once.unseenPart('two', reversed)).toMatchObject({ source: '10.0.0.2', bytes: 500, replyBytes: 0 });
  expect(once.unseenPart('two', reversed)).toMatchObject({ bytes: 4500, replyBytes: 800 });
  expect(once.unseenPart('one', anObservation({ network: 'other' }))).toEqual(anObservation({ network: 'other' }));
});

test('in any order of places, the sum is the most that one of them saw', () => {
  const sighting = fc.record({ place: fc.constantFrom('a', 'b', 'c'), bytes: fc.integer({ min: 0, max: 1000 }) });
  fc.assert(
    fc.property(fc.array(sighting, { minLength: 1 }), (sightings) => {
      const once = new FlowDeduplicator();
      const passed = sightings.map(({ place, bytes }) => once.unseenPart(place, anObservation({ bytes }))?.bytes ?? 0);
      const seen = ['a', 'b', 'c'].map((name) =>
        sightings.filter(({ place }) => place === name).reduce((sum, { bytes }) => sum + bytes, 0),
      );
      expect(passed.reduce((sum, bytes) => sum + bytes, 0)).toBe(Math.max(...seen));
    }),
  );
});

test('text is cut at its separators however it arrives, and what is too long is dropped and counted', () => {
  const cut = (text: string, sizes: readonly number[], separator: string, limit: number) => {
    const pieces = new ChunkSplitter(separator, limit);
    const found: string[] = [];
    let at = 0;
    for (const size of [...sizes, text.length]) {
      found.push(...pieces.push(text.slice(at, at + size)));
      at += size;
    }
    return { found: [...found, pieces.end()], dropped: pieces.dropped };
  };
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', '<', '/') })),
      fc.array(fc.integer({ min: 1, max: 9 })),
      (lines, sizes) => {
        expect(cut(lines.join('\n'), sizes, '\n', 100).found.join('\n')).toBe(lines.join('\n'));
      },
    ),
  );
  expect(cut(`one\n${'x'.repeat(50)}\ntwo`, [3, 20, 20], '\n', 10)).toEqual({ found: ['one', 'two'], dropped: 1 });
  expect(cut(`one</flow>${'x'.repeat(50)}</flow>two</flow>`, [9, 20, 34], '</flow>', 10)).toEqual({
    found: ['one', 'two', ''],
    dropped: 1,
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressDirectory } from '../../../../../sender/ordering/traffic/address-directory.ts';
import { FlowAggregator } from '../../../../../sender/ordering/traffic/flow-aggregator.ts';
import type { FlowObservation } from '../../../../../sender/ordering/traffic/flow-observation.ts';
import { hourOfWeek, spreadOverHours } from '../../../../../sender/ordering/traffic/hours.ts';
import { parseMatrix } from '../../../../../sender/ordering/traffic/matrix.ts';
import { aDocument, aResource } from '../../../../support/build.ts';
import { anObservation, aTalkingTenant, noon } from './observations.ts';

const from = new Date(noon);
const until = new Date(noon + 60_000);

function tallied(observations: readonly Partial<FlowObservation>[], resolve = addressDirectory([aTalkingTenant(['a', 'b'])])) {
  const tally = new FlowAggregator(resolve, 'test');
  for (const observation of observations) tally.add(anObservation(observation), noon + 60_000);
  return tally.matrix(from, until);
}

test('both ways of a conversation are one entry, whoever saw them: with replies, as two halves, or with the direction left to guess', () => {
  const forth = { replyBytes: 0, replyPackets: 0 };
  const back = {
    source: '10.0.0.2',
    destination: '10.0.0.1',
    sourcePort: 80,
    destinationPort: 40_000,
    bytes: 4000,
    packets: 8,
    replyBytes: 0,
    replyPackets: 0,
  };
  const whole = tallied([{}]).conversations;
  expect(whole).toEqual([
    {
      initiator: 'a',
      responder: 'b',
      protocol: 'tcp',
      port: 80,
      sent_bytes: 1000,
      received_bytes: 4000,
      sent_packets: 10,
      received_packets: 8,
      first_seen: new Date(noon).toISOString(),
      last_seen: new Date(noon + 1000).toISOString(),
    },
  ]);
  expect(tallied([forth, { ...back, initiator: 'destination' }]).conversations).toEqual(whole);
  const guessed = tallied([
    { ...forth, initiator: 'unclear' },
    { ...back, initiator: 'unclear' },
  ]);
  expect(guessed.conversations).toEqual(whole);
  expect(guessed.repaired).toEqual({ direction_guessed: 2 });
});

test('self-traffic, unknown addresses, foreign traffic and addresses that do not converse are counted by name and kept out', () => {
  const matrix = tallied([
    { destination: '10.0.0.1' },
    { destination: '10.0.0.77' },
    { source: '10.0.0.77', destination: '10.0.0.2', bytes: 1 },
    { source: '198.51.100.1', destination: '198.51.100.2' },
    { destination: '224.0.0.18', protocol: 112 },
    { source: '0.0.0.0', destination: '255.255.255.255', protocol: 17 },
    { destination: '169.254.169.254' },
  ]);
  expect(matrix.conversations).toEqual([]);
  expect(matrix.rejected).toEqual({ self_traffic: 1, unknown_address: 2, foreign_traffic: 1, not_a_conversation: 3 });
  expect(matrix.unknown).toEqual([{ address: '10.0.0.77', network: null, bytes: 9001 }]);
});

test('the world is one endpoint, on either side', () => {
  const matrix = tallied([
    { source: '198.51.100.1', destination: '10.0.0.1' },
    { source: '198.51.100.2', destination: '10.0.0.1' },
    { source: '10.0.0.1', destination: '198.51.100.3', destinationPort: 53 },
  ]);
  const ends = matrix.conversations.map(({ initiator, responder, port, sent_bytes }) => [initiator, responder, port, sent_bytes]);
  expect(ends).toEqual([
    ['a', 'outside', 53, 1000],
    ['outside', 'a', 80, 2000],
  ]);
});

test('two tenants with one CIDR stay apart by the network or the port; without either the address is ambiguous', () => {
  const resolve = addressDirectory([aTalkingTenant(['a', 'b'], 'red'), aTalkingTenant(['c', 'd'], 'blue')]);
  const matrix = tallied([{ network: 'red' }, { network: 'blue-port-c', destination: '198.51.100.1' }, {}], resolve);
  expect(matrix.conversations.map(({ initiator, responder }) => `${initiator} ${responder}`)).toEqual(['a b', 'c outside']);
  expect(matrix.rejected).toEqual({ ambiguous_address: 1 });
});

test('of two servers with one address at different times the one that had it then is meant', () => {
  const holdings = [
    { address: '10.0.0.9', network: 'net', server: 'old', until: noon },
    { address: '10.0.0.9', network: 'net', server: 'new', from: noon },
  ];
  const resolve = addressDirectory([aTalkingTenant(['a', 'b'])], holdings);
  const matrix = tallied(
    [
      { destination: '10.0.0.9', firstMs: noon - 5000, lastMs: noon - 1000 },
      { destination: '10.0.0.9', firstMs: noon, lastMs: noon + 1000 },
    ],
    resolve,
  );
  expect(matrix.conversations.map(({ responder }) => responder)).toEqual(['new', 'old']);
});

test('a floating address is its server, and an address that several servers share is nobody’s', () => {
  const document = aTalkingTenant(['a', 'b']);
  const shared = { allowed_address_pairs: [{ ip_address: '10.0.0.100' }] };
  const resolve = addressDirectory([
    aDocument({
      ...document,
      networks: [...document.networks, aResource('network', { id: 'ext', external: true })],
      ports: document.ports.map((port) => ({ ...port, ...shared })),
      floating_ips: [
        aResource('floating_ip', { floating_ip_address: '203.0.113.9', floating_network_id: 'ext', port_id: 'net-port-b' }),
      ],
    }),
  ]);
  const matrix = tallied(
    [
      { destination: '203.0.113.9', network: 'net' },
      { source: '198.51.100.1', destination: '10.0.0.100' },
    ],
    resolve,
  );
  expect(matrix.conversations.map(({ initiator, responder }) => `${initiator} ${responder}`)).toEqual(['a b']);
  expect(matrix.rejected).toEqual({ ambiguous_address: 1 });
});

test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 51])('a count of %s is refused and counted as absurd', (bytes) => {
  const matrix = tallied([{ bytes }, { replyPackets: bytes }]);
  expect(matrix.conversations).toEqual([]);
  expect(matrix.rejected).toEqual({ absurd_count: 2 });
});

test('clocks that jump lose no bytes: what ends before it begins, or lies in another century, is a moment that is counted', () => {
  const matrix = tallied([
    { firstMs: noon + 9000, lastMs: noon + 3000 },
    { firstMs: 0, lastMs: noon + 5000 },
    { firstMs: noon * 2, lastMs: noon * 2 },
  ]);
  expect(matrix.conversations[0]).toMatchObject({ sent_bytes: 3000, first_seen: new Date(noon + 3000).toISOString() });
  expect(matrix.conversations[0]?.last_seen).toBe(new Date(noon + 60_000).toISOString());
  expect(matrix.repaired).toEqual({ clock_backwards: 1, clock_absurd: 2 });
});

test('a scan of all ports folds into one conversation, and a full tally counts what it refuses', () => {
  const tally = new FlowAggregator(addressDirectory([aTalkingTenant(['a', 'b', 'c'])]), 'test', {
    conversations: 6,
    portsPerPair: 4,
    unknownAddresses: 1,
  });
  for (let port = 1; port <= 1000; port++) tally.add(anObservation({ destinationPort: port }), noon);
  for (const host of [77, 78]) tally.add(anObservation({ destination: `10.0.0.${host}` }), noon);
  expect(tally.size).toBe(5);
  tally.add(anObservation({ destination: '10.0.0.3' }), noon);
  tally.add(anObservation({ source: '10.0.0.3' }), noon);
  const matrix = tally.matrix(from, until);
  expect(matrix.conversations.map(({ port, sent_bytes }) => [port, sent_bytes])).toEqual([
    [0, 996_000],
    [1, 1000],
    [2, 1000],
    [3, 1000],
    [4, 1000],
    [80, 1000],
  ]);
  expect(matrix.rejected).toEqual({ unknown_address: 2, over_limit: 1 });
  expect(matrix.unknown.length).toBe(1);
});

test('whatever comes in, nothing is thrown, every observation is counted or refused, and the file reads back', () => {
  const odd = fc.oneof(fc.double(), fc.integer(), fc.constant(-1), fc.integer({ min: 0, max: 70_000 }));
  const address = fc.oneof(
    fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.7', '::', '198.51.100.1'),
    fc.string(),
    fc.ipV6(),
    fc.ipV4(),
  );
  const observation = fc.record({
    source: address,
    destination: address,
    protocol: fc.oneof(odd, fc.string()),
    sourcePort: odd,
    destinationPort: odd,
    bytes: odd,
    packets: odd,
    replyBytes: odd,
    replyPackets: odd,
    firstMs: odd,
    lastMs: fc.oneof(odd, fc.constant(noon)),
    initiator: fc.constantFrom('source', 'destination', 'unclear'),
  });
  const resolve = addressDirectory([aTalkingTenant(['a', 'b'])]);
  fc.assert(
    fc.property(fc.array(observation, { maxLength: 20 }), (observations) => {
      const tally = new FlowAggregator(resolve, 'test');
      const counted = observations.filter((one) => tally.add(one as FlowObservation, noon)).length;
      const matrix = tally.matrix(from, until);
      expect(counted + Object.values(matrix.rejected).reduce((sum, count) => sum + count, 0)).toBe(observations.length);
      expect(parseMatrix(JSON.parse(JSON.stringify(matrix)))).toEqual(matrix);
    }),
    { numRuns: 300 },
  );
});

test('bytes are spread over the hours of the week they took, and none is lost', () => {
  expect(hourOfWeek(Date.UTC(2026, 10, 16, 0, 59))).toBe(0);
  expect(hourOfWeek(Date.UTC(2026, 10, 15, 23, 0))).toBe(167);
  expect(spreadOverHours(1000, noon + 1_800_000, noon + 5_400_000)).toEqual([
    [60, 500],
    [61, 500],
  ]);
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 0, max: 2 ** 41 }), fc.nat({ max: 2 ** 31 }), (bytes, firstMs, lengthMs) => {
      const shares = spreadOverHours(bytes, firstMs, firstMs + lengthMs);
      expect(shares.reduce((sum, [, share]) => sum + share, 0)).toBe(bytes);
      expect(shares.every(([, share]) => share >= 0)).toBe(true);
    }),
  );
});

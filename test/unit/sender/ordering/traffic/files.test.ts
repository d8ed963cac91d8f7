import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressDirectory } from '../../../../../sender/ordering/traffic/address-directory.ts';
import { FlowAggregator } from '../../../../../sender/ordering/traffic/flow-aggregator.ts';
import { importMatrix } from '../../../../../sender/ordering/traffic/import-matrix.ts';
import { bytesPerOlderUnit, importOlder } from '../../../../../sender/ordering/traffic/import-older.ts';
import {
  emptyMatrix,
  FlowMatrix,
  observedSeconds,
  parseMatrix,
  rejections,
  repairs,
} from '../../../../../sender/ordering/traffic/matrix.ts';
import { mergeMatrices } from '../../../../../sender/ordering/traffic/merge-matrices.ts';
import { olderSample } from '../../../../support/older-sample.ts';
import { anObservation, aTalkingTenant, noon } from './observations.ts';

const resolve = addressDirectory([aTalkingTenant(['a', 'b', 'c'])]);
const day = 86_400_000;

function seen(dayNumber: number, hosts: readonly number[], source = 'node-1'): FlowMatrix {
  const start = noon + dayNumber * day;
  const tally = new FlowAggregator(resolve, source);
  for (const host of hosts)
    tally.add(anObservation({ destination: `10.0.0.${host}`, firstMs: start, lastMs: start + 1000 }), start);
  return tally.matrix(new Date(start), new Date(start + 600_000));
}

test('days add up, in whatever order they are merged', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 6 }), { minLength: 2, maxLength: 5 }), (days) => {
      const [first = emptyMatrix(), ...rest] = days.map((hosts, index) => seen(index, hosts));
      const merged = mergeMatrices(first, ...rest);
      const backwards = [first, ...rest].reverse().reduce((sum, next) => mergeMatrices(sum, next));
      expect(backwards).toEqual(merged);
      const total = merged.conversations.reduce((sum, { sent_bytes }) => sum + sent_bytes, 0);
      expect(total).toBe(1000 * days.flat().filter((host) => host === 2 || host === 3).length);
      expect(observedSeconds(merged)).toBe(600 * days.length);
      expect(parseMatrix(merged)).toEqual(merged);
    }),
    { numRuns: 50 },
  );
});

test('one time of one source twice is refused; another source at that time is not', () => {
  expect(() => mergeMatrices(seen(0, [2]), seen(0, [2]))).toThrow(/Two of the files hold node-1/);
  const both = mergeMatrices(seen(0, [2]), seen(0, [3], 'node-2'));
  expect(both.conversations.length).toBe(2);
  expect(observedSeconds(both)).toBe(600);
});

test('a file of another version or shape is refused with its faults', () => {
  expect(() => parseMatrix({ ...emptyMatrix(), version: 2 })).toThrow(expect.objectContaining({ code: 'E_DOCUMENT_VERSION' }));
  expect(() => parseMatrix(null)).toThrow(expect.objectContaining({ code: 'E_TRAFFIC' }));
  const broken = { ...seen(0, [2]), conversations: [{ ...seen(0, [2]).conversations[0], sent_bytes: -1 }] };
  expect(() => parseMatrix(broken)).toThrow(/conversations\.0\.sent_bytes/);
});

const context = {
  servers: [
    { id: 'a', name: 'web 1' },
    { id: 'b', name: 'twin' },
    { id: 'c', name: 'twin' },
  ],
  from: new Date(noon),
  until: new Date(noon + 1000),
  about: 'flows.csv',
};

test('plain CSV and JSON are read with ids, unique names and the world; rows that cannot be used are counted', () => {
  const csv =
    'initiator;responder;port;sent_bytes;note\r\n"web 1";b;80;1000;"a ""quoted"" note"\noutside;a;443;5\nweb 1;twin;1;1\nx;b;1;1\na;b;99999;1\na;b;1;-4\n\n';
  const traffic = importMatrix(csv, context);
  expect(
    traffic.conversations.map(({ initiator, responder, port, sent_bytes }) => [initiator, responder, port, sent_bytes]),
  ).toEqual([
    ['a', 'b', 80, 1000],
    ['outside', 'a', 443, 5],
  ]);
  expect(traffic.rejected).toEqual({ ambiguous_address: 1, unknown_address: 1, malformed: 1, absurd_count: 1 });
  const rows = [
    { initiator: 'web 1', responder: 'b', port: 80, sent_bytes: 1000 },
    { initiator: 'outside', responder: 'a', port: 443, sent_bytes: 5 },
  ];
  expect(importMatrix(JSON.stringify(rows), context).conversations).toEqual(traffic.conversations);
  expect(importMatrix(JSON.stringify(traffic), context)).toEqual(traffic);
});

test.each(['', 'a,b\n1,2', '{', '{}', '[1'])('%j is no flow matrix, and says so', (text) => {
  expect(() => importMatrix(text, context)).toThrow(expect.objectContaining({ code: 'E_TRAFFIC' }));
});

test('the older analyser’s input is read whole: ten servers, three hosts, 19,542 kbit/s', () => {
  const { servers, hosts, traffic } = importOlder(olderSample);
  expect(servers[1]).toEqual({ id: 'VM1', cpu: 2, memory: 8, storage: 120 });
  expect([servers.length, hosts.length]).toEqual([10, 3]);
  expect(traffic.conversations.reduce((sum, { sent_bytes }) => sum + sent_bytes, 0)).toBe(19_542 * bytesPerOlderUnit);
  expect(parseMatrix(traffic)).toEqual(traffic);
});

test('an asymmetric older matrix keeps its directions; a crooked one is refused', () => {
  const ends = importOlder('flow_matrix = [[0, 2], [1, 0]]').traffic.conversations.map((one) => [one.initiator, one.sent_bytes]);
  expect(ends).toEqual([
    ['VM0', 250],
    ['VM1', 125],
  ]);
  for (const text of [
    '',
    'flow_matrix = []',
    'flow_matrix = [[0, 1], [0]]',
    'flow_matrix = [[0, -1], [-1, 0]]',
    'flow_matrix = [[0, 1',
  ])
    expect(() => importOlder(text)).toThrow(expect.objectContaining({ code: 'E_TRAFFIC' }));
});

test('the README tells every field and every reason there is', async () => {
  const text = await readFile(join(import.meta.dirname, '../../../../../sender/ordering/traffic/README.md'), 'utf8');
  for (const word of [
    ...rejections,
    ...repairs,
    ...Object.keys(FlowMatrix.shape),
    ...Object.keys(FlowMatrix.shape.conversations.unwrap().element.shape),
  ])
    expect(text).toContain(`\`${word}\``);
});

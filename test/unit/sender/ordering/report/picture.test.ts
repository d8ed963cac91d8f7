import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../../sender/ordering/math/random.ts';
import { layoutOf } from '../../../../../sender/ordering/report/picture/layout.ts';
import { pillHeight } from '../../../../../sender/ordering/report/picture/place.ts';
import { findServices } from '../../../../../sender/ordering/services/find-services.ts';
import type { FlowMatrix } from '../../../../../sender/ordering/traffic/matrix.ts';
import { trafficPairs } from '../../../../../sender/ordering/traffic/pairs.ts';
import { aTieredService, someTraffic } from '../../../../support/conversations.ts';
import { analyzed, matrixFile, twoShops } from '../an-analysis.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'godwit-picture-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function drawn(traffic: FlowMatrix, ...args: readonly string[]): Promise<{ svg: string; html: string }> {
  await matrixFile(home, traffic);
  const { exit, err } = await analyzed(home, 'traffic.json', '--svg', 'order.svg', '--html', 'order.html', ...args);
  expect(exit, err).toBe(0);
  const read = (name: string): Promise<string> => readFile(join(home, name), 'utf8');
  return { svg: await read('order.svg'), html: await read('order.html') };
}

/**
 * What is wrong with a document as XML: a tag that is not closed, a character that no document may
 * hold, a name that is not escaped.
 */
function faultOf(xml: string): string | null {
  const holds = Array.from(xml).every((character) => character >= ' ' || character === '\n');
  if (!holds || /[\ufffe\uffff]/.test(xml) || !xml.isWellFormed()) return 'an impossible character';
  const open: string[] = [];
  const rest = xml
    .replace(/<style>[^<]*<\/style>/g, '')
    .replace(/<(\/?)([a-z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/gi, (_, end: string, name: string, __, self: string) => {
      if (end === '/') {
        if (open.pop() !== name) open.push(`unexpected </${name}>`);
      } else if (self !== '/') open.push(name);
      return '';
    });
  if (open.length > 0) return `not closed: ${open.join()}`;
  const raw = /[<>]|&(?!(amp|lt|gt|quot|#39);)/.exec(rest);
  return raw === null ? null : `a raw ${rest.slice(raw.index, raw.index + 20)}`;
}

const hostile = [
  `<script>alert(1)</script>&"'`,
  'x'.repeat(255),
  '\u202eevil',
  'a\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307',
  '\ud800',
  ']]>',
  '--',
  '\ufffe\uffff',
  'tab\tline\nend\u0000',
  '👩‍👩‍👧‍👦 שרת 服务器',
];

describe('the pictures', () => {
  test('are complete in themselves: no network, no script, a name and a sentence', async () => {
    const { svg, html } = await drawn(someTraffic(...twoShops));
    for (const text of [svg, html]) {
      expect(text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
        /https?:|<script|<link|<img|url\(|@import|@font-face/,
      );
      expect(text).toMatch(/role="img" aria-labelledby="[\w-]+ [\w-]+"/);
      expect(text).toContain('prefers-color-scheme: dark');
    }
    expect(faultOf(svg)).toBeNull();
    for (const name of ['web 1', 'app 2', 'db 2']) expect(svg).toContain(`>${name}</text>`);
    expect(svg).toContain('<title>app 1 asks db 1: 4.8 MiB</title>');
    expect(html).toContain('<h2>Order and mode</h2>');
  });

  test('are the same for the same traffic', async () => {
    const first = await drawn(someTraffic(...twoShops));
    const second = await drawn(someTraffic(...twoShops.toReversed()));
    expect(second).toEqual(first);
  });

  test('colour what is in different waves, and mark what crosses them', async () => {
    const { svg } = await drawn(someTraffic(...twoShops), '--wave-servers', '2', '--parallel', '2');
    expect(svg).toMatch(/class="apart".*in waves \d and \d/);
    expect(svg).toContain('first and last wave');
    expect(new Set([...svg.matchAll(/rx="2" fill="(#\w+)"/g)].map(([, colour]) => colour)).size).toBe(3);
  });

  test('survive hostile names of servers and services', async () => {
    const lines = hostile.slice(1).map((name, index) => `${hostile[index]} > ${name} 80 ${1000 + index}`);
    const traffic = someTraffic('a > b 80 1000', 'b > a 90 5');
    const [conversation] = traffic.conversations;
    if (conversation === undefined) throw new Error('There is a conversation.');
    const conversations = lines.map((_, index) => ({
      ...conversation,
      initiator: hostile[index] as string,
      responder: hostile[index + 1] as string,
    }));
    const { svg, html } = await drawn({ ...traffic, conversations });
    expect(faultOf(svg)).toBeNull();
    for (const text of [svg, html]) expect(text).not.toMatch(/<script|\u202e/);
  });

  test.each([
    ['one server', ['* > only 80 100']],
    ['no pair that talks', ['* > a 80 1', '* > b 80 1']],
    [
      'everyone with everyone',
      Array.from({ length: 12 }, (_, a) => Array.from({ length: a }, (__, b) => `s${a} > s${b} 80 100`)).flat(),
    ],
    [
      'a hundred servers',
      Array.from({ length: 15 }, (_, index) => aTieredService(`shop${index}`, [2, 3, 2], 10 ** (3 + (index % 5))).lines).flat(),
    ],
  ])('are drawn of %s', async (_, lines) => {
    const { svg, html } = await drawn(someTraffic(...lines), '--parallel', '1');
    expect(faultOf(svg)).toBeNull();
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });
});

test('no server covers another, and each is inside its service’s box', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 60 }), (seed, size) => {
      const random = seededRandom(seed);
      const name = (index: number): string => `s${'-long'.repeat(index % 7)}${index}`;
      const lines = Array.from(
        { length: 1 + random.below(4 * size) },
        () => `${name(random.below(size))} > ${name(random.below(size))} 80 ${1 + random.below(10 ** random.below(8))}`,
      );
      const traffic = someTraffic(...lines);
      const ids = Array.from({ length: size }, (_, index) => name(index));
      const services = findServices(
        traffic,
        ids.map((id) => ({ id, name: id })),
      );
      const { boxes, places, width, height } = layoutOf({
        services,
        says: () => '1 server',
        nameOf: (id) => id,
        inner: trafficPairs(traffic),
      });
      expect(places.map(({ server }) => server).sort()).toEqual([...ids].sort());
      for (const [index, one] of places.entries()) {
        const box = boxes[one.box];
        expect(box !== undefined && one.x >= box.x && one.x + one.width <= box.x + box.width).toBe(true);
        expect(box !== undefined && one.y >= box.y && one.y + pillHeight <= box.y + box.height).toBe(true);
        for (const other of places.slice(index + 1))
          expect(
            one.x + one.width <= other.x ||
              other.x + other.width <= one.x ||
              one.y + pillHeight <= other.y ||
              other.y + pillHeight <= one.y,
          ).toBe(true);
      }
      for (const box of boxes) expect(box.x + box.width <= width && box.y + box.height <= height).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('the picture in the README is what is drawn of its three services', async () => {
  const services = [
    aTieredService('shop', [2, 4, 3], 4_000_000),
    aTieredService('mail', [1, 2, 3]),
    aTieredService('wiki', [1, 1, 1], 2_000_000),
  ];
  const lines = services.flatMap((service) => service.lines);
  const { svg } = await drawn(
    someTraffic(...lines, 'shop-a4 > mail-a1 25 900000', 'wiki-a1 > mail-a1 25 400000'),
    ...['--parallel', '3', '--wave-servers', '9'],
  );
  await expect(svg).toMatchFileSnapshot('../../../../../.readme/order.svg');
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom, shuffled } from '../../../../../sender/ordering/math/random.ts';
import { findServices } from '../../../../../sender/ordering/services/find-services.ts';
import { trafficPairs } from '../../../../../sender/ordering/traffic/pairs.ts';
import { aTieredService, someTraffic } from '../../../../support/conversations.ts';

const subjects = (ids: readonly string[]) => ids.map((id) => ({ id, name: id }));
const sets = (services: ReturnType<typeof findServices>) => services.map(({ servers }) => [...servers].sort());

test('two services of three and one of 2-4-6 are found as they are, although a monitor asks all of them and they gossip', () => {
  const red = aTieredService('red', [1, 1, 1]);
  const blue = aTieredService('blue', [1, 1, 1]);
  const shop = aTieredService('shop', [2, 4, 6]);
  const ids = [...red.ids, ...blue.ids, ...shop.ids];
  const noise = ids.map((id) => `monitor > ${id} 9100 5000`);
  const traffic = someTraffic(
    ...red.lines,
    ...blue.lines,
    ...shop.lines,
    ...noise,
    'red-a1 > blue-a1 80 20000',
    'shop-w1 > red-w1 80 30000',
  );
  const services = findServices(traffic, subjects([...ids, 'monitor', 'idle']));
  expect(sets(services)).toEqual(
    expect.arrayContaining([[...red.ids].sort(), [...blue.ids].sort(), [...shop.ids].sort(), ['idle'], ['monitor']]),
  );
  expect(services.find(({ name }) => name === 'shop')?.parts.map(({ tier }) => tier)).toEqual([
    1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3,
  ]);
  expect(services.map(({ name }) => name).sort()).toEqual(['blue', 'idle', 'monitor', 'red', 'shop']);
});

test('a front whose talk is spread over many servers, and a database with very many clients, still belong to their service', () => {
  const farm = aTieredService('farm', [1, 40]);
  const hub = Array.from({ length: 300 }, (_, index) => `node-${index} > db 5432 1000`);
  const services = findServices(
    someTraffic(...farm.lines, ...hub),
    subjects([...farm.ids, 'db', ...hub.map((_, index) => `node-${index}`)]),
  );
  expect(services.map(({ servers }) => servers.length)).toEqual([301, 41]);
});

test('roles, exposure and sentences tell what was seen', () => {
  const traffic = someTraffic(
    '* > web 443 900',
    'web > app 8080 5000',
    'app > db 5432 70000',
    'batch > db 5432 60000',
    'web > * 53 10',
  );
  const [service] = findServices(traffic, subjects(['db', 'app', 'web', 'batch']));
  expect(service?.parts.map(({ server, role, tier }) => [server, role, tier])).toEqual([
    ['batch', 'client', 1],
    ['web', 'front', 1],
    ['app', 'middle', 2],
    ['db', 'back', 2],
  ]);
  expect(service).toMatchObject({ exposed: true, innerBytes: 135_000, crossBytes: 0 });
  expect(service?.says).toEqual([
    '4 servers (batch, web, app, db): they exchange 131.8 KiB with each other and 0 B with other servers.',
    'It is asked from outside through web on tcp/443.',
    'app asks db on tcp/5432: 68.4 KiB.',
    'batch asks db on tcp/5432: 58.6 KiB.',
    'web asks app on tcp/8080: 4.9 KiB.',
    'It has 2 tiers of 2, 2 servers.',
  ]);
});

test('the operator’s groups win: their servers are in no other service, and strangers in them are left out', () => {
  const traffic = someTraffic('a > b 80 1000', 'b > c 80 1000', 'c > d 80 1000');
  const services = findServices(traffic, subjects(['a', 'b', 'c', 'd']), {
    groups: [
      { name: 'mine', servers: ['a', 'd', 'gone', 'a'] },
      { name: 'late', servers: ['d'] },
    ],
  });
  expect(services.map(({ name, by }) => [name, by])).toEqual([
    ['mine', 'operator'],
    ['b', 'traffic'],
  ]);
  expect(sets(services)).toEqual([
    ['a', 'd'],
    ['b', 'c'],
  ]);
});

test('no traffic at all, one server, and everyone with everyone: each server is in exactly one service', () => {
  expect(sets(findServices(someTraffic(), subjects(['b', 'a'])))).toEqual([['a'], ['b']]);
  expect(findServices(someTraffic('* > a 80 5'), subjects(['a']))[0]?.says[0]).toBe(
    '1 server (a): it talks too little with any other server.',
  );
  const ids = Array.from({ length: 12 }, (_, index) => `s${index}`);
  const all = ids.flatMap((a) => ids.filter((b) => a < b).map((b) => `${a} > ${b} 80 100`));
  expect(findServices(someTraffic(...all), subjects(ids)).length).toBe(1);
});

test('the order in which servers and traffic come makes no difference, and every server is in one service', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 20 }), (seed, size) => {
      const random = seededRandom(seed);
      const ids = Array.from({ length: size }, (_, index) => `s${index}`);
      const lines = Array.from(
        { length: 2 * size },
        () => `s${random.below(size)} > s${random.below(size)} ${random.below(3)} ${random.below(10 ** random.below(7))}`,
      );
      const services = findServices(someTraffic(...lines), subjects(ids));
      expect(findServices(someTraffic(...shuffled(lines, random)), shuffled(subjects(ids), random))).toEqual(services);
      expect(services.flatMap(({ servers }) => servers).sort()).toEqual([...ids].sort());
      expect(new Set(services.map(({ name }) => name)).size).toBe(services.length);
    }),
    { numRuns: 60 },
  );
});

test('pairs are both ways and all ports together, without the world and without oneself', () => {
  const traffic = someTraffic('b > a 80 10', 'a > b 22 5', '* > a 80 9', 'a > a 80 9');
  expect(trafficPairs(traffic)).toEqual([{ a: 'a', b: 'b', bytes: 15 }]);
});

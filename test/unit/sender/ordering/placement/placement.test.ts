import { expect, test } from 'vitest';
import { seededRandom, shuffled } from '../../../../../sender/ordering/math/random.ts';
import { type PlacementRequest, placeServers, zonesOf } from '../../../../../sender/ordering/placement/place.ts';
import { bytesPerOlderUnit, importOlder } from '../../../../../sender/ordering/traffic/import-older.ts';
import { trafficPairs } from '../../../../../sender/ordering/traffic/pairs.ts';
import { olderSample } from '../../../../support/older-sample.ts';

function older(): PlacementRequest {
  const { servers, hosts, traffic } = importOlder(olderSample);
  return { servers, hosts, pairs: trafficPairs(traffic) };
}

function aRandomBoard(seed: number, size: number, hosts: number): PlacementRequest {
  const random = seededRandom(seed);
  const servers = Array.from({ length: size }, (_, index) => ({
    id: `s${index}`,
    cpu: 1 + random.below(4),
    memory: 1 + random.below(8),
    storage: 10 * random.below(20),
  }));
  const need = (part: 'cpu' | 'memory' | 'storage'): number =>
    Math.ceil((1.4 * servers.reduce((sum, one) => sum + one[part], 0)) / hosts);
  const pairs = servers.flatMap(({ id: a }, i) => servers.slice(0, i).map(({ id: b }) => ({ a, b, bytes: random.below(1000) })));
  return {
    servers,
    pairs,
    hosts: Array.from({ length: hosts }, (_, index) => ({
      id: `h${index}`,
      cpu: need('cpu'),
      memory: need('memory'),
      storage: need('storage'),
    })),
  };
}

/** The least crossing traffic of all placements that fit, by trying each; null where none fits. */
function leastOfAll({ servers, hosts, pairs }: PlacementRequest): number | null {
  let best: number | null = null;
  const on = servers.map(() => 0);
  const index = new Map(servers.map(({ id }, i) => [id, i]));
  for (let code = 0; code < hosts.length ** servers.length; code++) {
    let rest = code;
    for (let i = 0; i < on.length; i++) {
      on[i] = rest % hosts.length;
      rest = Math.floor(rest / hosts.length);
    }
    const fits = hosts.every((host, h) =>
      (['cpu', 'memory', 'storage'] as const).every(
        (part) => servers.reduce((sum, one, i) => sum + (on[i] === h ? one[part] : 0), 0) <= host[part],
      ),
    );
    if (!fits) continue;
    const crossing = pairs.reduce(
      (sum, { a, b, bytes }) => sum + (on[index.get(a) ?? 0] === on[index.get(b) ?? 0] ? 0 : bytes),
      0,
    );
    if (best === null || crossing < best) best = crossing;
  }
  return best;
}

test('the older analyser’s sample is placed at its optimum: 10,667 of 19,542 kbit/s between hosts', () => {
  const placement = placeServers(older());
  expect(placement.crossBytes / bytesPerOlderUnit).toBe(10_667);
  expect(placement.totalBytes / bytesPerOlderUnit).toBe(19_542);
  expect(placement).toMatchObject({ method: 'exact', bound: placement.crossBytes });
});

test('random small tenants are placed as well as the best of all placements, or refused where none fits', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const question = aRandomBoard(seed, 3 + (seed % 5), 2 + (seed % 2));
    const best = leastOfAll(question);
    if (best === null) expect(() => placeServers(question)).toThrow(expect.objectContaining({ code: 'E_PLACEMENT' }));
    else expect(placeServers(question).crossBytes).toBe(best);
  }
});

test('the order of input makes no difference, and no host holds more than it has', () => {
  for (const size of [8, 60]) {
    const question = aRandomBoard(size, size, 4);
    const random = seededRandom(3);
    const placement = placeServers(question);
    const mixed = {
      servers: shuffled(question.servers, random),
      hosts: shuffled(question.hosts, random),
      pairs: shuffled(question.pairs, random),
    };
    expect(placeServers(mixed)).toEqual(placement);
    for (const host of question.hosts) {
      const there = question.servers.filter(({ id }) => placement.on.some((one) => one.server === id && one.host === host.id));
      for (const part of ['cpu', 'memory', 'storage'] as const)
        expect(there.reduce((sum, one) => sum + one[part], 0)).toBeLessThanOrEqual(host[part]);
    }
  }
});

test('what cannot fit is refused with its reason', () => {
  const host = { id: 'h', cpu: 4, memory: 4, storage: 4 };
  const server = (id: string, cpu: number) => ({ id, cpu, memory: 1, storage: 1 });
  expect(() => placeServers({ servers: [server('big', 5)], hosts: [host], pairs: [] })).toThrow(
    /Server big fits on no host: it needs cpu 5/,
  );
  expect(() => placeServers({ servers: [server('a', 3), server('b', 3)], hosts: [host], pairs: [] })).toThrow(
    /All servers together need cpu 6; all hosts together have 4/,
  );
  const three = ['a', 'b', 'c'].map((id) => server(id, 3));
  expect(() =>
    placeServers({
      servers: three,
      hosts: [
        { ...host, cpu: 5 },
        { ...host, id: 'i', cpu: 5 },
      ],
      pairs: [],
    }),
  ).toThrow(/all of them do not fit together/);
  expect(() => placeServers({ servers: [server('a', 1)], hosts: [], pairs: [] })).toThrow(/fits on no host/);
  expect(placeServers({ servers: [], hosts: [], pairs: [] }).on).toEqual([]);
});

test('a placement reads as availability zones: the aggregate’s own, or the host’s by name', () => {
  const placement = placeServers({ ...older(), pairs: [] });
  const zones = zonesOf(placement, [{ id: 'PM0', zone: 'east', cpu: 0, memory: 0, storage: 0 }]);
  for (const { server, availability_zone } of zones) {
    const host = placement.on.find((one) => one.server === server)?.host;
    expect(availability_zone).toBe(host === 'PM0' ? 'east' : `nova:${host}`);
  }
});

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Plan } from '../../../../sender/model/plan.ts';
import { aDocumentJson, aFlavor, aServer, aServerDisk } from '../../../support/build.ts';
import { someTraffic } from '../../../support/conversations.ts';
import { olderSample } from '../../../support/older-sample.ts';
import { analyzed, matrixFile, twoShops } from './an-analysis.ts';
import { aTalkingTenant } from './traffic/observations.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'godwit-analyze-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

interface Json {
  readonly waves: readonly { readonly name: string; readonly servers: readonly string[] }[];
  readonly services: readonly { readonly name: string; readonly servers: readonly string[] }[];
  readonly parallel: number;
  readonly notes: readonly string[];
  readonly comparison: {
    readonly proposed: { readonly cost: number; readonly serviceDowntimeSeconds: number };
    readonly given: { readonly cost: number };
    readonly alphabetical: { readonly cost: number };
    readonly random: { readonly cost: { readonly min: number; readonly median: number; readonly max: number } };
    readonly bound: number;
    readonly method: string;
  };
  readonly prediction: {
    readonly servers: readonly { readonly id: string; readonly downAtMs: number; readonly upAtMs: number }[];
  };
  readonly placement: { readonly crossBytes: number; readonly totalBytes: number; readonly zones: readonly object[] } | null;
  readonly written: readonly string[];
}

/** The analysis as JSON; it must end well. */
async function found(...args: readonly string[]): Promise<Json> {
  const { exit, out, err } = await analyzed(home, ...args, '--json');
  expect(exit, `${out}${err}`).toBe(0);
  return JSON.parse(out) as Json;
}

describe('what sender analyze says of two services of three', () => {
  beforeEach(() => matrixFile(home, someTraffic(...twoShops)));

  test('names both, moves one after the other, and holds that against other orders', async () => {
    const { exit, out } = await analyzed(home, 'traffic.json', '--parallel', '1');
    expect(exit).toBe(0);
    expect(out).toMatchSnapshot();
  });

  test('costs no more than any other order, and no less than the bound', async () => {
    const { comparison, services, waves } = await found('traffic.json', '--parallel', '1');
    const { proposed, given, alphabetical, random, bound, method } = comparison;
    expect(services.map(({ servers }) => [...servers].sort())).toEqual(
      expect.arrayContaining([
        ['app 1', 'db 1', 'web 1'],
        ['app 2', 'db 2', 'web 2'],
      ]),
    );
    expect(waves.map(({ servers }) => servers.length)).toEqual([3, 3]);
    expect(method).toBe('exact');
    expect(bound).toBe(proposed.cost);
    for (const other of [given.cost, alphabetical.cost, random.cost.min]) expect(proposed.cost).toBeLessThanOrEqual(other);
    expect(random.cost.median).toBeGreaterThan(1.2 * proposed.cost);
  });

  test('chooses order and mode together, and the one that the operator asks for', async () => {
    const { parallel, prediction } = await found('traffic.json');
    expect(parallel).toBeGreaterThan(1);
    expect(prediction.servers).toHaveLength(6);
    expect((await found('traffic.json', '--parallel', '2')).parallel).toBe(2);
  });

  test('says the same twice, whatever the order of the files', async () => {
    await matrixFile(home, someTraffic('web 1 > web 2 22 5000'), 'more.json');
    const first = await analyzed(home, 'traffic.json', 'more.json');
    const second = await analyzed(home, 'more.json', 'traffic.json');
    expect(second).toEqual(first);
  });

  test('proposes the same whatever the order in which servers and traffic are listed', async () => {
    const ids = twoShops.flatMap((line) => line.match(/(web|app|db) \d/g) ?? []);
    const servers = [...new Set(ids)].map((id) => aServer({ id, name: `${id.at(-1)}${id}` }));
    const proposed = async (list: readonly object[], lines: readonly string[]) => {
      await matrixFile(home, someTraffic(...lines));
      await writeFile(join(home, 'document.json'), JSON.stringify(aDocumentJson({ servers: list, flavors: [aFlavor()] })));
      const { waves, services, prediction } = await found('traffic.json', '--document', 'document.json');
      return { waves, services, prediction };
    };
    const once = await proposed(servers, twoShops);
    expect(await proposed(servers.toReversed(), twoShops.toReversed())).toEqual(once);
  });

  test('a plan that lets less through takes longer', async () => {
    const plan = (more: string): string =>
      `version: 1\nsource: {project_id: p1}\n${more}waves: [{name: w, servers: [{id: web 1}, {id: app 1}, {id: db 1}]}]\n`;
    const lengthOf = async (more: string): Promise<number> => {
      await writeFile(join(home, 'plan.yaml'), plan(more));
      const { prediction } = await found('traffic.json', '--plan', 'plan.yaml', '--parallel', '1');
      return Math.max(...prediction.servers.map(({ upAtMs }) => upAtMs));
    };
    expect(await lengthOf('bandwidth: 20mbit\n')).toBeGreaterThan(3 * (await lengthOf('')));
  });

  test('keeps limits and constraints', async () => {
    const limited = await found('traffic.json', '--wave-servers', '2', '--wave-gap', '1d', '--parallel', '2');
    expect(Math.max(...limited.waves.map(({ servers }) => servers.length))).toBe(2);
    const constrained = await found('traffic.json', '--parallel', '1', '--before', 'db 2:web 1', '--together', 'web 1, db 1');
    const order = constrained.waves.flatMap(({ servers }) => servers);
    expect(order.indexOf('db 2')).toBeLessThan(order.indexOf('web 1'));
    expect(Math.abs(order.indexOf('db 1') - order.indexOf('web 1'))).toBe(1);
  });

  test('weights decide: where only the traffic counts, services may be torn', async () => {
    const { comparison } = await found('traffic.json', '--parallel', '1', '--weights', 'service=0,traffic=1,length=0');
    expect(comparison.proposed.cost).toBeLessThanOrEqual(comparison.random.cost.min);
  });

  test('writes the services it found, and takes them back as they were edited', async () => {
    await analyzed(home, 'traffic.json', '--write-services', 'services.yaml');
    const file = join(home, 'services.yaml');
    const text = await readFile(file, 'utf8');
    expect(text).toMatchSnapshot();
    const edited = `${text}`.replace(/- name: .*\n/, '- name: the old shop\n    weight: 3\n');
    await writeFile(file, edited);
    expect((await found('traffic.json', '--services', 'services.yaml')).services.map(({ name }) => name)).toContain(
      'the old shop',
    );
  });

  test.each([
    ['a server that does not move', 'services: [{name: a, servers: [nobody]}]', 'nobody, which is no server that moves'],
    ['a server twice', 'services: [{name: a, servers: [web 1]}, {name: b, servers: [web 1]}]', 'web 1 twice: in a and in b'],
    ['an unknown setting', 'services: [{name: a, server: [web 1]}]', 'services.0.server'],
  ])('refuses services with %s', async (_, text, says) => {
    await writeFile(join(home, 'services.yaml'), text);
    const { exit, err } = await analyzed(home, 'traffic.json', '--services', 'services.yaml');
    expect([exit, err]).toEqual([2, expect.stringContaining(says)]);
  });

  test.each([
    [['--before', 'web 1:nobody'], 'nobody, which is no server that moves'],
    [['--before', 'web 1'], 'does not name two servers'],
    [['--before', 'web 1:db 1', 'db 1:web 1'], 'contradict each other'],
    [['--together', 'web 1,web 9'], 'web 9, which is no server'],
    [['--wave-gib', '1'], 'more than a wave may hold'],
    [['--weights', 'speed=1'], 'Write weights such as'],
    [['--parallel', '17'], 'whole number from 1 to 16'],
    [['--write'], '--write needs --plan'],
    [['--link', 'fast'], 'Write a rate'],
  ])('refuses %j', async (args, says) => {
    const { exit, err } = await analyzed(home, 'traffic.json', ...args);
    expect([exit, err]).toEqual([2, expect.stringContaining(says)]);
  });
});

describe('degenerate tenants', () => {
  const said = async (...args: readonly string[]) => (await found(...args)).notes.join('\n');

  test('no traffic at all: all servers, the smallest first, in one wave', async () => {
    await matrixFile(home, someTraffic());
    const disks = [1, 5, 3].map((size) => aServerDisk(`s${size}`, size));
    const servers = [5, 1, 3].map((size) => aServer({ id: `s${size}`, name: `server ${size}` }));
    await writeFile(join(home, 'document.json'), JSON.stringify(aDocumentJson({ disks, servers })));
    const { waves, notes } = await found('traffic.json', '--document', 'document.json', '--parallel', '1');
    expect(waves).toEqual([{ name: 'wave-1 3 single servers', servers: ['s1', 's3', 's5'] }]);
    expect(notes.join('\n')).toContain('No two of these servers were seen to talk with each other');
  });

  test('neither servers nor traffic: a sentence', async () => {
    await matrixFile(home, someTraffic());
    const { exit, err } = await analyzed(home, 'traffic.json');
    expect([exit, err]).toEqual([2, expect.stringContaining('There is no server to order')]);
  });

  test('one server has no order, and it says so', async () => {
    await matrixFile(home, someTraffic('* > only 80 100'));
    expect(await said('traffic.json')).toContain('There is only one server');
  });

  test('where everyone talks to everyone, all servers are one service', async () => {
    const ids = Array.from({ length: 8 }, (_, index) => `s${index}`);
    await matrixFile(home, someTraffic(...ids.flatMap((a) => ids.filter((b) => a < b).map((b) => `${a} > ${b} 80 1000`))));
    expect(await said('traffic.json')).toMatch(/order matters little.*All servers are one service/);
  });

  test('islands are services, one after the other', async () => {
    await matrixFile(home, someTraffic('a > b 80 100', 'c > d 80 100', 'e > f 80 100'));
    const { waves } = await found('traffic.json', '--parallel', '1');
    expect(waves.map(({ servers }) => [...servers].sort().join())).toEqual(expect.arrayContaining(['a,b', 'c,d', 'e,f']));
  });

  test('self-traffic, unknown names and negative counts by hand are counted and told', async () => {
    await writeFile(join(home, 'document.json'), JSON.stringify(aTalkingTenant(['a', 'b'])));
    await writeFile(
      join(home, 'matrix.csv'),
      'initiator,responder,sent_bytes\na,b,100\na,a,5\nname of b,10.0.0.1,7\na,nobody,5\na,10.0.0.77,5\na,b,-1\na,b,1e99\n',
    );
    const notes = await said('matrix.csv', '--document', 'document.json');
    for (const says of [
      '1 were of a server with itself',
      '2 had addresses of the tenant that no server has',
      '2 had impossible counts',
    ])
      expect(notes).toContain(says);
  });

  test('a matrix by hand needs no document: each word is a server', async () => {
    await writeFile(join(home, 'matrix.csv'), 'initiator,responder,sent_bytes\nweb 1,db 1,100\noutside,web 1,5\n');
    expect((await found('matrix.csv')).services).toMatchObject([{ servers: ['web 1', 'db 1'] }]);
  });

  test('the older analyser’s input brings servers, sizes and hosts: its sample is placed with 10,667 of 19,542', async () => {
    await writeFile(join(home, 'older.py'), olderSample);
    const { placement } = await found('older.py', '--parallel', '1');
    expect([placement?.crossBytes, placement?.totalBytes]).toEqual([10_667 * 125, 19_542 * 125]);
  });

  test.each([
    ['no.json', undefined, 'E_USAGE'],
    ['torn.json', '{"format":', 'is not JSON'],
    ['other.json', '{"version": 9}', 'version 9'],
    ['text.csv', 'what is this', 'neither JSON nor CSV'],
  ])('%s is refused by name', async (name, text, says) => {
    if (text !== undefined) await writeFile(join(home, name), text);
    const { exit, err } = await analyzed(home, name);
    expect([exit, err]).toEqual([2, expect.stringMatching(new RegExp(`${name}.*${says}`, 's'))]);
  });
});

describe('placement on hosts', () => {
  beforeEach(async () => {
    await matrixFile(home, someTraffic('a > b 80 1000', 'c > d 80 1000', 'a > c 80 1'));
    const servers = ['a', 'b', 'c', 'd'].map((id) => aServer({ id, name: id, vcpus: 2, memory_mib: 2048 }));
    const disks = servers.map(({ id }) => aServerDisk(id, 10));
    await writeFile(join(home, 'document.json'), JSON.stringify(aDocumentJson({ disks, servers })));
  });

  test('keeps talkers together and writes Nova’s availability zones', async () => {
    const host = (id: string, more = '') => `  - {id: ${id}, vcpus: 4, memory_mib: 4096, disk_gib: 20${more}}\n`;
    await writeFile(join(home, 'hosts.yaml'), `hosts:\n${host('one')}${host('two', ', zone: az-2')}`);
    const { placement } = await found('traffic.json', '--document', 'document.json', '--hosts', 'hosts.yaml');
    expect(placement).toMatchObject({ crossBytes: 1, totalBytes: 2001 });
    expect(placement?.zones).toEqual([
      { server: 'a', availability_zone: 'nova:one' },
      { server: 'b', availability_zone: 'nova:one' },
      { server: 'c', availability_zone: 'az-2' },
      { server: 'd', availability_zone: 'az-2' },
    ]);
  });

  test('that do not suffice: everything else is told, then why, with 21', async () => {
    await writeFile(join(home, 'hosts.yaml'), 'hosts: [{id: one, vcpus: 4, memory_mib: 4096, disk_gib: 100}]');
    const { exit, out, err } = await analyzed(home, 'traffic.json', '--document', 'document.json', '--hosts', 'hosts.yaml');
    expect(exit).toBe(21);
    expect(out).toContain('Proposed: ');
    expect(err).toContain('All servers together need cpu 8; all hosts together have 4.');
  });

  test('writes the hosts into the plan, as the zones of its servers', async () => {
    const host = (id: string): string => `  - {id: ${id}, vcpus: 4, memory_mib: 4096, disk_gib: 20}\n`;
    await writeFile(join(home, 'hosts.yaml'), `hosts:\n${host('one')}${host('two')}`);
    const servers = ['a', 'c', 'b', 'd'].map((id) => `{id: ${id}}`).join(', ');
    await writeFile(join(home, 'plan.yaml'), `version: 1\nsource: {project_id: p1}\nwaves: [{name: w, servers: [${servers}]}]\n`);
    const { written } = await found(
      ...['traffic.json', '--document', 'document.json', '--hosts', 'hosts.yaml', '--plan', 'plan.yaml', '--write'],
    );
    expect(written).toEqual([join(home, 'plan.yaml')]);
    const { mappings } = Plan.parse(parse(await readFile(join(home, 'plan.yaml'), 'utf8')));
    expect(Object.entries(mappings.servers ?? {}).map(([id, { availability_zone }]) => `${id} ${availability_zone}`)).toEqual([
      'a nova:one',
      'b nova:one',
      'c nova:two',
      'd nova:two',
    ]);
  });

  test('whose id is no hostname need a zone', async () => {
    await writeFile(join(home, 'hosts.yaml'), 'hosts: [{id: rack 2, vcpus: 64, memory_mib: 65536, disk_gib: 100}]');
    const { exit, err } = await analyzed(home, 'traffic.json', '--document', 'document.json', '--hosts', 'hosts.yaml');
    expect([exit, err]).toEqual([2, expect.stringContaining('needs a zone')]);
  });

  test('needs the sizes of the servers', async () => {
    await writeFile(join(home, 'hosts.yaml'), 'hosts: [{id: one, vcpus: 4, memory_mib: 4096, disk_gib: 100}]');
    const { exit, err } = await analyzed(home, 'traffic.json', '--hosts', 'hosts.yaml');
    expect([exit, err]).toEqual([2, expect.stringContaining('give the --document that holds the server')]);
  });
});

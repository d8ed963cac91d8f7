import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseMatrix } from '../../sender/ordering/traffic/matrix.ts';
import { documentOf } from './document.ts';
import { converse, counted, endAll, type Guest, guestsOf, sh } from './guests.ts';
import { asGroups, asked, type Both, between, servicesOf, worstOf } from './hold.ts';
import { bridge, openVSwitch, type Switch } from './hosts.ts';
import { seed, shapes } from './shapes.ts';
import { type Ended, lackOf, type Place, watchBridge, watchSwitch } from './watch.ts';

/**
 * Every collector, and the bytes of a frame that it counts besides IP: only NetFlow of Open vSwitch
 * counts the whole frame.
 */
const sources = {
  'a Linux bridge': ['conntrack', 'conntrack -L', 'conntrack -E', 'tcpdump', 'pmacct'],
  'Open vSwitch in userspace': ['NetFlow', 'IPFIX', 'sFlow'],
} as const;
const ethernetBytes = 14;

/** The truth of one shape, and the matrix of each collector. */
interface Outcome {
  readonly truth: ReadonlyMap<string, Both>;
  readonly matrices: Awaited<Ended>;
}

describe.each(Object.entries(sources))('over %s', (kind, named) => {
  const host = kind.startsWith('Open') ? 'gwt-ovs' : 'gwt-br';
  const collectors = named.filter((collector) => lackOf(collector) === undefined);
  const tracked = collectors.some((collector) => collector.startsWith('conntrack'));
  let home = '';
  let guests: readonly Guest[] = [];
  let virtual: Switch | undefined;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'gwt-'));
    guests = await guestsOf(12, host);
    await writeFile(join(home, 'configurations.json'), JSON.stringify(documentOf(guests)));
    if (host === 'gwt-ovs') virtual = await openVSwitch(host, guests, join(home, 'ovs'));
    else bridge(host, guests, tracked);
  });
  afterAll(async () => {
    await endAll();
    await virtual?.end();
    for (const namespace of [...guests.map((guest) => guest.namespace), host]) sh('ip', 'netns', 'del', namespace);
    await rm(home, { recursive: true, force: true });
  });

  describe.each(shapes)('$name', (shape) => {
    let outcome: Outcome;
    const document = (): string => join(home, 'configurations.json');

    beforeAll(async () => {
      const folder = join(home, String(shapes.indexOf(shape)));
      await mkdir(folder);
      const addresses = guests.map(({ address }) => address);
      const place: Place = { host, folder, document: document(), addresses, collectors };
      const end = await (virtual ? watchSwitch(place, virtual.exports) : watchBridge(place));
      const before = guests.map((guest) => [guest, counted(guest)] as const);
      await converse(guests, shape.talks);
      const truth = new Map(before.map(([guest, count]) => [guest.id, between(count, counted(guest))]));
      outcome = { truth, matrices: await end() };
    });

    for (const collector of named) {
      const lack = lackOf(collector);
      const can = `${collector} is within five per cent of every interface, and the services are the true ones`;
      test.skipIf(lack !== undefined)(lack === undefined ? can : `${can}: ${lack}`, { concurrent: true }, async () => {
        const matrix = outcome.matrices.get(collector);
        if (matrix?.status !== 'fulfilled') throw new Error(`no matrix: ${String(matrix?.reason)}`);
        const traffic = parseMatrix(JSON.parse(await readFile(matrix.value, 'utf8')));
        const worst = worstOf(traffic, outcome.truth, collector === 'NetFlow' ? 0 : ethernetBytes);
        process.stdout.write(
          `seed ${seed}, ${shape.name}, ${collector}: ${(100 * worst).toFixed(2)} % off an interface at worst\n`,
        );
        expect(worst).toBeLessThan(0.05);
        const id = (index: number): string => guests[index]?.id ?? '';
        const talks = shape.talks.map(({ from, to, protocol, port }) => `${id(from)} ${id(to)} ${protocol}/${port}`);
        expect(asked(traffic)).toEqual(new Set(talks));
        const services = asGroups(shape.services.map((members) => members.map(id)));
        expect(await servicesOf(host, matrix.value, document())).toEqual(services);
      });
    }
  });
});

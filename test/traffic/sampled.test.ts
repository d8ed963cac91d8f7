import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseMatrix } from '../../sender/ordering/traffic/matrix.ts';
import { documentOf } from './document.ts';
import { converse, counted, endAll, type Guest, guestsOf, sh } from './guests.ts';
import { asGroups, between, offOf, servicesOf } from './hold.ts';
import { openVSwitch, type Switch } from './hosts.ts';
import { seed, shapes } from './shapes.ts';
import { lackOf, watchSwitch } from './watch.ts';

const host = 'gwt-smp';
const ethernetBytes = 14;
/** sFlow samples one packet in so many. */
const oneIn = 16;
/** More traffic than for other collectors, for a comparison takes a thousand samples. */
const louder = 60;
const lack = lackOf('sFlow');
let home = '';
let guests: readonly Guest[] = [];
let virtual: Switch | undefined;

beforeAll(async () => {
  if (lack !== undefined) return;
  home = await mkdtemp(join(tmpdir(), 'gwt-'));
  guests = await guestsOf(6, host);
  virtual = await openVSwitch(host, guests, join(home, 'ovs'));
});
afterAll(async () => {
  if (lack !== undefined) return;
  await endAll();
  await virtual?.end();
  for (const namespace of [...guests.map((guest) => guest.namespace), host]) sh('ip', 'netns', 'del', namespace);
  await rm(home, { recursive: true, force: true });
});

const can = `sFlow of one packet in ${oneIn} is as near to every interface as so many samples can be, and the services are the true ones`;
test.skipIf(lack !== undefined)(lack === undefined ? can : `${can}: ${lack}`, async () => {
  const document = join(home, 'configurations.json');
  await writeFile(document, JSON.stringify(documentOf(guests)));
  const shape = shapes[1];
  if (shape === undefined || virtual === undefined) throw new Error('There are shapes, and a switch.');
  const place = { host, folder: home, document, addresses: guests.map(({ address }) => address), collectors: ['sFlow'] };
  const end = await watchSwitch(place, virtual.exports, oneIn);
  const before = guests.map((guest) => [guest, counted(guest)] as const);
  await converse(
    guests,
    shape.talks.map((talk) => ({ ...talk, requests: louder * talk.requests })),
  );
  const truth = new Map(before.map(([guest, count]) => [guest.id, between(count, counted(guest))]));
  const matrix = (await end()).get('sFlow');
  if (matrix?.status !== 'fulfilled') throw new Error(`no matrix: ${String(matrix?.reason)}`);
  const off = offOf(parseMatrix(JSON.parse(await readFile(matrix.value, 'utf8'))), truth, ethernetBytes);
  for (const { id, way, packets, error } of off) {
    // "Packet Sampling Basics" (sflow.org): within 196 · √(1/samples) per cent nineteen times in
    // twenty, of packets. Sizes vary, which may double it; what is hardly ever more is the limit.
    const usual = 1.96 * Math.sqrt(oneIn / packets);
    process.stdout.write(
      `seed ${seed}, ${id} ${way}: ${Math.round(packets / oneIn)} samples, ${(100 * error).toFixed(1)} % off; usual are ${(100 * usual).toFixed(1)} %\n`,
    );
    expect(error, `${id} ${way}`).toBeLessThan(5 * usual);
  }
  const services = asGroups(shape.services.map((members) => members.map((index) => guests[index]?.id ?? '')));
  expect(await servicesOf(host, matrix.value, document)).toEqual(services);
});

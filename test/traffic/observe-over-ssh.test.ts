import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseMatrix } from '../../sender/ordering/traffic/matrix.ts';
import { documentOf } from './document.ts';
import { converse, counted, endAll, type Guest, guestsOf, sh, until } from './guests.ts';
import { asGroups, between, servicesOf, worstOf } from './hold.ts';
import { bridge } from './hosts.ts';
import { seed, shapes } from './shapes.ts';
import { reachable } from './sshd.ts';
import { lackOf, watchNode } from './watch.ts';

const host = 'gwt-node';
const ethernetBytes = 14;
const lack = lackOf('conntrack') ?? (existsSync('/usr/sbin/sshd') ? undefined : 'needs sshd');
let home = '';
let guests: readonly Guest[] = [];

beforeAll(async () => {
  if (lack !== undefined) return;
  home = await mkdtemp(join(tmpdir(), 'gwt-'));
  guests = await guestsOf(6, host);
  bridge(host, guests, true);
});
afterAll(async () => {
  if (lack !== undefined) return;
  await endAll();
  for (const namespace of [...guests.map((guest) => guest.namespace), `${host}-desk`, host]) sh('ip', 'netns', 'del', namespace);
  await rm(home, { recursive: true, force: true });
});

/** Names of the programs that run in a namespace. */
function commandsIn(namespace: string): string[] {
  const pids = sh('ip', 'netns', 'pids', namespace).trim().split(/\s+/);
  return pids.map((pid) => sh('sh', '-c', `cat /proc/${pid}/comm || true`).trim());
}

const can = 'what a node tracks is read from another one through OpenSSH, within five per cent of every interface';
test.skipIf(lack !== undefined)(lack === undefined ? can : `${can}: ${lack}`, async () => {
  const document = join(home, 'configurations.json');
  await writeFile(document, JSON.stringify(documentOf(guests)));
  const { from, node, config } = await reachable(host, home);
  const shape = shapes[1] ?? shapes[0];
  if (shape === undefined) throw new Error('There are shapes.');
  const place = { host, folder: home, document, addresses: guests.map(({ address }) => address), collectors: [] };
  const end = await watchNode(place, from, node, config);
  const before = guests.map((guest) => [guest, counted(guest)] as const);
  await converse(guests, shape.talks);
  const truth = new Map(before.map(([guest, count]) => [guest.id, between(count, counted(guest))]));
  const matrix = (await end()).get(node);
  if (matrix?.status !== 'fulfilled') throw new Error(`no matrix: ${String(matrix?.reason)}`);
  await until('the commands on the node to end', () => !commandsIn(host).includes('conntrack'));
  const worst = worstOf(parseMatrix(JSON.parse(await readFile(matrix.value, 'utf8'))), truth, ethernetBytes);
  process.stdout.write(
    `seed ${seed}, ${shape.name}, conntrack by SSH: ${(100 * worst).toFixed(2)} % off an interface at worst\n`,
  );
  expect(worst).toBeLessThan(0.05);
  const services = asGroups(shape.services.map((members) => members.map((index) => guests[index]?.id ?? '')));
  expect(await servicesOf(host, matrix.value, document)).toEqual(services);
});

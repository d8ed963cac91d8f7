import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { haveGuestsHere } from '../../shared/probe/unrouted.ts';
import { beginMigration, untilState, World } from '../support/in-process.ts';
import type { OpenStackUser } from '../support/openstack-user.ts';
import { makeShop } from '../support/shop.ts';

/** A fixed address that this machine has too: a listening port there stands for the guest. */
const address = '127.77.0.10';
const name = 'reached';
haveGuestsHere();

let dir: string;
let world: World;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'godwit-downtime-'));
  await makeShop(dir);
  world = await World.open(dir, join(dir, 'world'));
}, 60_000);
afterAll(async () => {
  await world.close();
  await rm(dir, { recursive: true, force: true });
});

interface Made {
  readonly id: string;
  readonly name: string;
  readonly status: string;
}

async function aReachedServer(user: OpenStackUser): Promise<void> {
  const post = async (service: 'network' | 'compute', path: string, key: string, body: object): Promise<Made> =>
    (await user.send<Record<string, Made>>('POST', service, path, { [key]: body }))[key] as Made;
  const network = await post('network', '/networks', 'network', { name: 'loop' });
  await post('network', '/subnets', 'subnet', { network_id: network.id, ip_version: 4, cidr: '127.77.0.0/24', gateway_ip: null });
  const [image] = await user.list<Made>('image', '/images', 'images');
  const flavors = await user.list<Made>('compute', '/flavors', 'flavors');
  const flavorRef = flavors.find((flavor) => flavor.name === 'm1.tiny')?.id;
  const networks = [{ uuid: network.id, fixed_ip: address }];
  await post('compute', '/servers', 'server', { name, imageRef: image?.id, flavorRef, networks });
  await user.until('Building the server', async () => ((await isActive(user)) ? true : undefined));
}

async function isActive(user: OpenStackUser): Promise<boolean> {
  const servers = await user.list<Made>('compute', '/servers/detail', 'servers');
  return servers.some((server) => server.name === name && server.status === 'ACTIVE');
}

/**
 * Listens while the server runs in either cloud; notes when the port was closed and opened again.
 */
async function listenWhileItRuns(port: number, over: AbortSignal, times: { closedMs: number; openedMs: number }): Promise<void> {
  let listener: Server | null = await open(port);
  while (!over.aborted) {
    const runs = (await isActive(world.source.user)) || (await isActive(world.destination.user));
    if (!runs && listener !== null) {
      await new Promise((resolve) => listener?.close(resolve));
      listener = null;
      times.closedMs = Date.now();
    } else if (runs && listener === null) {
      listener = await open(port);
      times.openedMs = Date.now();
    }
    await sleep(20);
  }
  await new Promise((resolve) => (listener === null ? resolve(null) : listener.close(resolve)));
}

async function open(port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  return server;
}

test('the time in which a server did not answer is measured from outside, and is in the report beside the phases', async () => {
  await aReachedServer(world.source.user);
  const free = await open(0);
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const over = new AbortController();
  const times = { closedMs: 0, openedMs: 0 };
  const listening = listenWhileItRuns(port, over.signal, times);
  // An answer within a second of the stop would be another machine's; real clouds are slower than
  // that.
  world.destination.twin.faults.set([
    { do: 'delay', match: { service: 'compute', method: 'POST', path: '/servers$' }, ms: 2000 },
  ]);
  world.startReceiver();
  const sender = await world.startSender();
  await beginMigration(sender, (plan) => plan.replace(`name: ${name}`, `$&\n        probe: tcp:${port}`));
  const id = await untilState(sender, 'ready', 60_000);
  over.abort();
  await listening;
  const { moves } = await sender.daemon.report({ campaign: id });
  await sender.stop();
  const measured = moves.find((move) => move.name === name);
  expect(measured?.probed?.addresses).toEqual([address, address]);
  const { lastAnswerAt = '', firstAnswerAt = '' } = measured?.probed ?? {};
  // The port is closed shortly after the server has stopped, and opened shortly after it runs.
  expect(Date.parse(lastAnswerAt)).toBeLessThanOrEqual(times.closedMs);
  expect(Date.parse(firstAnswerAt)).toBeGreaterThanOrEqual(times.openedMs);
  expect(measured?.probed?.downtimeMs).toBeGreaterThanOrEqual(times.openedMs - times.closedMs);
  expect(measured?.networkMs).toBeGreaterThan(0);
  expect(moves.filter((move) => move.name !== name).map(({ probed }) => probed)).toEqual([null, null]);
}, 90_000);

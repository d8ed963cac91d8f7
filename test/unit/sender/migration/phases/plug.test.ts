import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Fact } from '../../../../../sender/migration/fact.ts';
import type { Dated } from '../../../../../shared/journal.ts';
import { beginMigration, type Cloud, untilState } from '../../../../support/in-process.ts';
import { censusOf } from '../../../../support/shop.ts';
import {
  failedOne,
  restarted,
  ShopTemplate,
  type ShopWorld,
  type Started,
  serversAt,
  untilFact,
  untilServers,
} from '../../../../support/shop-world.ts';
import { warm } from '../../../../support/warm.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

interface ServerPort {
  readonly id: string;
  readonly status: string;
  readonly device_id: string;
  readonly mac_address: string;
  readonly fixed_ips: readonly { readonly ip_address: string }[];
}

/** The ports that servers of the shop have, or are to have. */
async function serverPortsOf({ user }: Cloud): Promise<ServerPort[]> {
  const ports = await user.list<ServerPort>('network', '/ports', 'ports');
  return ports.filter(({ fixed_ips }) => fixed_ips.some(({ ip_address }) => /^10\.20\.0\.1[01]$/.test(ip_address)));
}

async function floatingOf({ user }: Cloud): Promise<{ floating_ip_address: string; port_id: string | null }[]> {
  return user.list('network', '/floatingips', 'floatingips');
}

/** A world whose source answers to a stop only after a while, so that one can look before it. */
async function stoppingSlowly(ms: number): Promise<ShopWorld> {
  const { world, sender } = await template.world();
  world.source.twin.faults.set([{ do: 'delay', ms, match: { service: 'compute', method: 'POST', body: 'os-stop' } }]);
  return { world, sender };
}

/** Both servers run on their ports, and the floating IP leads to the first. */
async function expectPlugged(cloud: Cloud): Promise<void> {
  const ports = await serverPortsOf(cloud);
  expect(ports.map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
  const web = ports.find(({ fixed_ips }) => fixed_ips[0]?.ip_address === '10.20.0.10');
  expect((await floatingOf(cloud)).map(({ port_id }) => port_id)).toEqual([web?.id]);
}

const sameAddress = (plan: string): string => plan.replaceAll(/^( {6}to: )auto$/gm, '$1same');

async function factsOf({ sender: { daemon }, campaign }: Started): Promise<Dated<Fact>[]> {
  return (await daemon.log({ campaign })) as Dated<Fact>[];
}

/** A warm campaign whose servers are prepared and wait for the operator's word. */
async function aWaitingCampaign(): Promise<Started> {
  const started = await template.started(warm('manual'));
  for (;;) {
    const [status] = (await started.sender.daemon.status()).campaigns;
    if (status?.moves.every((move) => move.warm?.waits)) return started;
    await sleep(20);
  }
}

test('the ports of a server stand, and its floating IP with another address leads to it, before its source is stopped', async () => {
  const { world, sender } = await stoppingSlowly(1_500);
  const campaign = await beginMigration(sender);
  for (const { id } of (await serversAt(world.source)).reverse()) {
    await untilFact(sender, campaign, ({ fact, phase, server }) => fact === 'begun' && phase === 'stop' && server === id);
    const at = await serversAt(world.source);
    expect(at.find((server) => server.id === id)?.status).toBe('ACTIVE');
    const [was] = await world.source.user.list<ServerPort>('network', `/ports?device_id=${id}`, 'ports');
    const ports = await serverPortsOf(world.destination);
    const there = ports.find(({ mac_address }) => mac_address === was?.mac_address);
    expect(there?.fixed_ips.map(({ ip_address }) => ip_address)).toEqual(was?.fixed_ips.map(({ ip_address }) => ip_address));
    expect(there?.device_id).toBe('');
    if (was?.fixed_ips[0]?.ip_address === '10.20.0.10')
      expect((await floatingOf(world.destination)).map(({ port_id }) => port_id)).toEqual([there?.id]);
  }
  await untilState(sender, 'ready');
  expect((await serverPortsOf(world.destination)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
});

test('no port and no floating IP is made between the stop of a server and its creation', async () => {
  const { world, sender } = await template.world();
  const campaign = await beginMigration(sender);
  await untilState(sender, 'ready');
  const facts = await factsOf({ world, sender, campaign });
  for (const { id } of await serversAt(world.source)) {
    const own = facts.filter((fact) => 'server' in fact && fact.server === id);
    const plugged = own.findIndex(({ fact, ...rest }) => fact === 'done' && 'phase' in rest && rest.phase === 'plug');
    const stopped = own.findIndex(({ fact }) => fact === 'stop asked');
    expect(plugged).toBeGreaterThan(-1);
    expect(stopped).toBeGreaterThan(plugged);
    const later = own.slice(stopped).flatMap((fact) => (fact.fact === 'done' ? [JSON.stringify(fact.learned ?? {})] : []));
    expect(later.join()).not.toMatch(/"(port|floating_ip)\//);
  }
});

test('a floating IP that keeps the source’s address is reserved before the stop, and leads to the server only after it', async () => {
  const { world, sender } = await stoppingSlowly(1_500);
  const [outside] = await world.destination.user.list<{ id: string }>('network', '/networks?router:external=true', 'networks');
  const subnet = { network_id: outside?.id, ip_version: 4, cidr: '198.51.100.0/24', enable_dhcp: false };
  await world.destination.user.send('POST', 'network', '/subnets', { subnet });
  const campaign = await beginMigration(sender, sameAddress);
  const [was] = await floatingOf(world.source);
  const web = (await serversAt(world.source)).find(({ name }) => name === 'web 1');
  await untilFact(sender, campaign, ({ fact, phase, server }) => fact === 'begun' && phase === 'stop' && server === web?.id);
  expect(await floatingOf(world.destination)).toMatchObject([{ floating_ip_address: was?.floating_ip_address, port_id: null }]);
  // It is given while Nova makes the server.
  world.destination.twin.faults.set([
    { do: 'delay', ms: 2_500, match: { service: 'compute', method: 'POST', path: '/servers$' } },
  ]);
  await expect
    .poll(async () => (await floatingOf(world.destination))[0]?.port_id ?? null, { timeout: 30_000, interval: 50 })
    .not.toBe(null);
  expect((await serversAt(world.destination)).map(({ name }) => name)).not.toContain('web 1');
  world.destination.twin.faults.clear();
  await untilState(sender, 'ready');
});

test('a sender that dies between the preparation and the stop makes nothing a second time', async () => {
  const { world, sender } = await stoppingSlowly(1_500);
  const campaign = await beginMigration(sender);
  await untilFact(sender, campaign, ({ fact, phase }) => fact === 'begun' && phase === 'stop');
  const before = await serverPortsOf(world.destination);
  const again = await restarted({ world, sender });
  await untilState(again, 'ready');
  const ports = await serverPortsOf(world.destination);
  expect(ports.map(({ id }) => id)).toEqual(expect.arrayContaining(before.map(({ id }) => id)));
  expect(ports).toHaveLength(2);
  expect(await floatingOf(world.destination)).toHaveLength(1);
});

test('a receiver that dies while it prepares makes nothing a second time', async () => {
  const { world, sender } = await template.world();
  world.destination.twin.faults.set([{ do: 'delay', ms: 600, match: { service: 'network', method: 'POST', path: '/ports$' } }]);
  const campaign = await beginMigration(sender);
  await untilFact(sender, campaign, ({ fact, phase }) => fact === 'begun' && phase === 'plug');
  await sleep(300);
  await world.killReceiver();
  world.startReceiver();
  await untilState(sender, 'ready');
  expect(await serverPortsOf(world.destination)).toHaveLength(2);
  expect(await floatingOf(world.destination)).toHaveLength(1);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await serverPortsOf(world.destination)).toEqual([]);
});

test('a rollback before the stop leaves nothing of what was prepared', async () => {
  const { world, sender } = await template.world();
  const before = (await censusOf(world.destination)).ids;
  const campaign = await beginMigration(sender, warm('manual'));
  const isWaiting = async (): Promise<boolean> => {
    const [status] = (await sender.daemon.status()).campaigns;
    return status?.moves.every((move) => move.warm?.waits) === true;
  };
  await expect.poll(isWaiting, { timeout: 60_000 }).toBe(true);
  expect(await serverPortsOf(world.destination)).toHaveLength(2);
  expect(await floatingOf(world.destination)).toHaveLength(1);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect((await censusOf(world.destination)).ids).toEqual(before);
  await untilServers(world.source, [
    ['web 1', 'ACTIVE', false],
    ['-web/é', 'ACTIVE', false],
  ]);
});

test('a server whose owner changes the address of its port after the preparation runs on, and nothing is built for it', async () => {
  const { world, sender, campaign } = await aWaitingCampaign();
  const [web] = await serversAt(world.source);
  const [port] = await world.source.user.list<ServerPort>('network', `/ports?device_id=${web?.id}`, 'ports');
  const fixed_ips = [{ ip_address: '10.20.0.77' }];
  await world.source.user.send('PUT', 'network', `/ports/${port?.id}`, { port: { fixed_ips } });
  await sender.daemon.cutover({ campaign, servers: [] });
  const failed = await failedOne(sender);
  expect(failed.problem).toMatchObject({ code: 'E_SERVER_STATE', says: expect.stringMatching(/web 1 was changed.*fixed_ips/) });
  await untilServers(world.source, [
    ['web 1', 'ACTIVE', false],
    ['-web/é', 'SHUTOFF', false],
  ]);
  expect((await serversAt(world.destination)).map(({ name }) => name)).toEqual(['-web/é']);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await serverPortsOf(world.destination)).toEqual([]);
  expect(await floatingOf(world.destination)).toEqual([]);
});

test('a prepared port that somebody deletes at the destination is made again before the stop, with its floating IP', async () => {
  const { world, sender, campaign } = await aWaitingCampaign();
  for (const { id } of await serverPortsOf(world.destination))
    await world.destination.user.send('DELETE', 'network', `/ports/${id}`);
  await sender.daemon.cutover({ campaign, servers: [] });
  await untilState(sender, 'ready');
  await expectPlugged(world.destination);
});

test('what was prepared and somebody deletes while the disk is copied is made again before the server', async () => {
  const { world, sender } = await template.world();
  const { user, twin } = world.destination;
  twin.faults.set([{ do: 'delay', ms: 1_500, match: { service: 'image', method: 'POST', path: '/images$' } }]);
  const campaign = await beginMigration(sender);
  await untilFact(sender, campaign, ({ phase, fact }) => phase === 'import' && fact === 'begun');
  for (const { id } of await user.list<{ id: string }>('network', '/floatingips', 'floatingips'))
    await user.send('DELETE', 'network', `/floatingips/${id}`);
  for (const { id } of await serverPortsOf(world.destination)) await user.send('DELETE', 'network', `/ports/${id}`);
  await untilState(sender, 'ready');
  await expectPlugged(world.destination);
});

test('a rollback that keeps one server leaves nothing that was prepared for another, which has not moved', async () => {
  const { world, sender, campaign } = await aWaitingCampaign();
  const [web, other] = await serversAt(world.source);
  await world.source.user.send('POST', 'compute', `/servers/${web?.id}/metadata`, { metadata: { owner: 'accounts' } });
  await sender.daemon.cutover({ campaign, servers: [] });
  await failedOne(sender);
  expect(await serverPortsOf(world.destination)).toHaveLength(2);
  await world.source.user.send('DELETE', 'compute', `/servers/${other?.id}`);
  await untilServers(world.source, [['web 1', 'ACTIVE', false]]);
  await sender.daemon.rollback({ campaign, keep: ['-web/é'] });
  await untilState(sender, 'rolled back');
  expect((await serverPortsOf(world.destination)).map(({ status }) => status)).toEqual(['ACTIVE']);
  expect(await floatingOf(world.destination)).toEqual([]);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CampaignStatus } from '../../../../sender/campaign/campaign-status.ts';
import type { Report } from '../../../../sender/report/model.ts';
import { untilState, type World } from '../../../support/in-process.ts';
import { OpenStackUser } from '../../../support/openstack-user.ts';
import {
  act,
  order,
  failedOne as rested,
  ShopTemplate,
  type Started,
  serversAt,
  untilFact,
  untilServers,
} from '../../../support/shop-world.ts';
import { warm } from '../../../support/warm.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

test('a commit that deletes keeps a source server that ran after its disk was frozen, and deletes the others', async () => {
  const { world, sender, campaign } = await aReadyCampaign();
  const [web] = await serversAt(world.source);
  await act(world.source, web, 'os-start', 'ACTIVE');
  await act(world.source, web, 'os-stop', 'SHUTOFF');
  await sender.daemon.commit({ campaign, deleteSource: true });
  const { problem, says, moves } = await rested(sender);
  expect(problem).toMatchObject({ code: 'E_SERVER_STATE', says: expect.stringContaining('web 1 was changed') });
  expect(says).toContain('web 1 is left. `sender commit` goes on');
  expect(codesOf(moves)).toEqual({ 'web 1': 'E_SERVER_STATE', '-web/é': undefined });
  await untilServers(world.source, [['web 1', 'SHUTOFF', false]]);
  // Asked again it is refused again; the operator may leave it as it is.
  await sender.daemon.resume({ campaign });
  expect((await rested(sender)).problem).toMatchObject({ code: 'E_SERVER_STATE' });
  await sender.daemon.commit({ campaign, deleteSource: true, keep: ['web 1'] });
  await untilState(sender, 'committed');
  expect((await sender.daemon.status()).campaigns[0]?.says).toContain('but for web 1');
  await untilServers(world.source, [['web 1', 'SHUTOFF', false]]);
});

test('a commit whose sources cannot be read commits nothing: the campaign stays ready, and can be rolled back', async () => {
  const { world, sender, campaign } = await aReadyCampaign();
  world.source.twin.faults.set([{ do: 'status', status: 403, match: { service: 'compute', path: '/servers/[^/]+$' } }]);
  await sender.daemon.commit({ campaign, deleteSource: true });
  await untilFact(sender, campaign, ({ fact, problem }) => fact === 'rests' && problem !== undefined);
  const [status] = (await sender.daemon.status()).campaigns;
  expect(status?.state).toBe('ready');
  expect(status?.problem?.says).toContain('Nothing was committed');
  expect((await world.openCampaign(campaign)).ledger.state).toBe('completed');
  world.source.twin.faults.clear();
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
});

test('a commit of which every source server ran again commits nothing', async () => {
  const { world, sender, campaign } = await aReadyCampaign();
  for (const server of await serversAt(world.source)) await act(world.source, server, 'os-start', 'ACTIVE');
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilFact(sender, campaign, ({ fact, problem }) => fact === 'rests' && problem !== undefined);
  expect((await world.openCampaign(campaign)).ledger.state).toBe('completed');
  const [status] = (await sender.daemon.status()).campaigns;
  expect(status).toMatchObject({ state: 'ready', problem: { code: 'E_SERVER_STATE' } });
});

test('a commit goes on where every source server was only locked or backed up since its freeze', async () => {
  const { world, sender, campaign } = await aReadyCampaign();
  for (const server of await serversAt(world.source)) await order(world.source, server, 'lock');
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilState(sender, 'committed');
});

test('a commit locks no source server that runs again, and one that is gone is none', async () => {
  const { world, sender, campaign } = await aReadyCampaign();
  const [web, other] = await serversAt(world.source);
  await world.source.user.send('DELETE', 'compute', `/servers/${other?.id}`);
  await untilServers(world.source, [['web 1', 'SHUTOFF', false]]);
  await act(world.source, web, 'os-start', 'ACTIVE');
  await sender.daemon.commit({ campaign, deleteSource: false });
  const { problem } = await rested(sender);
  expect(problem).toMatchObject({ code: 'E_SERVER_STATE', says: expect.stringContaining('web 1 runs again at the source') });
  await untilServers(world.source, [['web 1', 'ACTIVE', false]]);
});

test('the status of a ready campaign says which source server runs again', async () => {
  const { world, sender } = await aReadyCampaign(async ({ source }) => {
    await act(source, (await serversAt(source))[0], 'os-start', 'ACTIVE');
  });
  await expect
    .poll(async () => (await sender.daemon.status()).campaigns[0]?.says, { timeout: 10_000 })
    .toContain('at the source web 1 may run again');
  const [campaign] = (await sender.daemon.status()).campaigns;
  expect(campaign?.state).toBe('ready');
  expect(codesOf(campaign?.moves ?? [])).toEqual({ 'web 1': 'E_SERVER_STATE', '-web/é': undefined });
  expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['ACTIVE', 'SHUTOFF']);
});

test('a rollback keeps the only copy of a server that is gone at the source, takes the others back, and can keep it for good', async () => {
  const { world, sender, campaign } = await halfRolledBack();
  await sender.daemon.rollback({ campaign, keep: ['web 1'] });
  await untilState(sender, 'rolled back');
  expect((await sender.daemon.status()).campaigns[0]?.says).toContain('Rolled back, but for web 1');
  await untilServers(world.destination, [['web 1', 'ACTIVE', false]]);
  const { left } = (await sender.daemon.report({ campaign })) as Report;
  expect(left?.images.map(({ why }) => why)).toEqual([expect.stringContaining('rebuilds')]);
  expect(await world.destination.user.list('network', '/ports?device_owner=compute%3Anova', 'ports')).toHaveLength(1);
});

test('a server that cannot return is given up when the operator says so, and nothing is left of the campaign', async () => {
  const { world, sender, campaign } = await halfRolledBack();
  await sender.daemon.rollback({ campaign, giveUp: ['web 1'] });
  await untilState(sender, 'rolled back');
  await untilServers(world.destination, []);
  expect(await world.destination.user.list('network', '/routers', 'routers')).toEqual([]);
});

test('a server that its owner stopped while it waited for its cutover stays stopped at the destination, and after a rollback', async () => {
  const { world, sender, campaign } = await aWaitingCampaign();
  await act(world.source, (await serversAt(world.source))[0], 'os-stop', 'SHUTOFF');
  await sender.daemon.cutover({ campaign, servers: [] });
  await untilState(sender, 'ready');
  await untilServers(world.destination, [
    ['web 1', 'SHUTOFF', false],
    ['-web/é', 'ACTIVE', false],
  ]);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  await untilServers(world.source, [
    ['web 1', 'SHUTOFF', false],
    ['-web/é', 'ACTIVE', false],
  ]);
});

test('a server that was changed while it waited is not stopped: the problem names each difference, it runs on at the source, and the others wait on', async () => {
  const { world, sender, campaign } = await aWaitingCampaign();
  const { user } = world.source;
  const [web] = await serversAt(world.source);
  const [port] = await user.list<{ id: string; network_id: string }>('network', `/ports?device_id=${web?.id}`, 'ports');
  await user.send('POST', 'compute', `/servers/${web?.id}/os-interface`, { interfaceAttachment: { net_id: port?.network_id } });
  await user.send('POST', 'compute', `/servers/${web?.id}/metadata`, { metadata: { owner: 'accounts' } });
  await user.send('PUT', 'network', `/ports/${port?.id}`, { port: { security_groups: [] } });
  await sender.daemon.cutover({ campaign, servers: ['web 1'] });
  const { says, problem } = await untilFailed(sender, 'web 1');
  expect(says).toContain('0 of 2 servers moved, 1 failed; -web/é waits for the cutover');
  expect(problem?.code).toBe('E_SERVER_STATE');
  for (const part of ['web 1 was changed at the source', 'is new', 'metadata', 'security_groups'])
    expect(problem?.says).toContain(part);
  await untilServers(world.source, [
    ['web 1', 'ACTIVE', false],
    ['-web/é', 'ACTIVE', false],
  ]);
  expect(await serversAt(world.destination)).toEqual([]);
  const facts = (await sender.daemon.log({ campaign })) as readonly { readonly fact: string }[];
  expect(facts.filter(({ fact }) => fact === 'stop asked')).toEqual([]);
});

test('a server that got an interface which its project may not see while it waited is not built without it', async () => {
  const { world, sender, campaign } = await aWaitingCampaign();
  const admin = await OpenStackUser.signIn({
    authUrl: world.source.twin.authUrl,
    user: 'admin',
    password: 'twin',
    project: 'admin',
  });
  const made = async (path: string, key: string, body: object): Promise<{ id: string; mac_address: string }> =>
    (await admin.send<Record<string, { id: string; mac_address: string }>>('POST', 'network', path, { [key]: body }))[
      key
    ] as never;
  const { id: network_id } = await made('/networks', 'network', { name: 'backup', shared: true });
  await made('/subnets', 'subnet', { network_id, cidr: '10.66.0.0/24', ip_version: 4 });
  const port = await made('/ports', 'port', { network_id });
  const [web] = await serversAt(world.source);
  await admin.send('POST', 'compute', `/servers/${web?.id}/os-interface`, { interfaceAttachment: { port_id: port.id } });
  await sender.daemon.cutover({ campaign, servers: ['web 1'] });
  expect((await untilFailed(sender, 'web 1')).problem?.says).toContain(port.mac_address);
  expect(await serversAt(world.destination)).toEqual([]);
});

/** A campaign whose servers have all moved; something may happen before its status is asked for. */
async function aReadyCampaign(before: (world: World) => Promise<void> = async () => undefined): Promise<Started> {
  const { world, sender, campaign } = await template.started();
  await untilFact(sender, campaign, ({ fact, state }) => fact === 'rests' && state === 'ready');
  await before(world);
  return { world, sender, campaign };
}

/** A warm campaign whose servers wait for the operator's word. */
async function aWaitingCampaign(): Promise<Started> {
  const { world, sender, campaign } = await template.started(warm('manual'));
  for (;;) {
    const [status] = (await sender.daemon.status()).campaigns;
    if (status?.moves.every((move) => move.warm?.waits)) return { world, sender, campaign };
    await sleep(20);
  }
}

/** A campaign that was rolled back but for one server, which is gone at the source. */
async function halfRolledBack(): Promise<Started> {
  const { world, sender, campaign } = await aReadyCampaign();
  const [web] = await serversAt(world.source);
  await world.source.user.send('DELETE', 'compute', `/servers/${web?.id}`);
  await untilServers(world.source, [['-web/é', 'SHUTOFF', false]]);
  await sender.daemon.rollback({ campaign });
  const { problem, says } = await rested(sender);
  expect(problem).toMatchObject({ code: 'E_SERVER_STATE', says: expect.stringContaining('web 1 is gone at the source') });
  expect(says).toContain('`--keep SERVER` leaves a server at the destination');
  await untilServers(world.source, [['-web/é', 'ACTIVE', false]]);
  await untilServers(world.destination, [['web 1', 'ACTIVE', false]]);
  return { world, sender, campaign };
}

function codesOf(moves: CampaignStatus['moves']): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(moves.map(({ name, problem }) => [name, problem?.code]));
}

/** Waits until one server has failed while the campaign goes on; what is said of both. */
async function untilFailed({ daemon }: Started['sender'], name: string): Promise<Pick<CampaignStatus, 'says' | 'problem'>> {
  for (;;) {
    const [campaign] = (await daemon.status()).campaigns;
    const move = campaign?.moves.find((one) => one.name === name);
    if (campaign?.state === 'moving' && move?.state === 'failed') return { says: campaign.says, problem: move.problem };
    await sleep(30);
  }
}

import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { WebSocket } from 'ws';
import { Connection } from '../../../../protocol/connection/connection.ts';
import { dial } from '../../../../protocol/transport/dial.ts';
import type { PairedPeer } from '../../../../protocol/transport/peers.ts';
import type { SshOptions } from '../../../../protocol/transport/ssh-tunnel.ts';
import { Campaigns } from '../../../../receiver/campaign/campaigns.ts';
import { Sessions } from '../../../../receiver/session/sessions.ts';
import { LaneBudget } from '../../../../sender/receiver/lane-budget.ts';
import { keepLanes } from '../../../../sender/receiver/lanes.ts';
import { WorkerPool } from '../../../../shared/disk/worker-pool.ts';
import { Problem } from '../../../../shared/problem.ts';
import { options, senderHandlers } from '../../../support/protocol.ts';
import { aFolder, aHouse, aReceiver, type House, pair, type Receiver, untilTestEnds } from '../../protocol/transport/house.ts';
import { aWay, pairOver } from '../../protocol/transport/way.ts';

const log = pino({ level: 'silent' });

/** Every session of a receiver that has no cloud. */
async function someSessions(): Promise<Sessions> {
  const state = await aFolder();
  const workers = new WorkerPool({ size: 1, buffers: 1 });
  const cloud = (): Promise<never> => Promise.reject(new Problem('E_CLOUD_UNREACHABLE', 'There is no cloud.'));
  const campaigns = new Campaigns(state, {
    cloud,
    workers,
    log,
    directIo: true,
    keptFor: null,
    images: { images: 'matching', mostBytes: 2 ** 30 },
  });
  onTestFinished(async () => {
    await campaigns.close();
    await workers.close();
  });
  return new Sessions({ name: 'cloud-b', release: '0.0.0', state, campaigns, cloud, log, windowBytes: 1024 * 1024 });
}

async function aSite(): Promise<{ sessions: Sessions; receiver: Receiver }> {
  const sessions = await someSessions();
  return { sessions, receiver: await aReceiver({ onSocket: (socket, peer) => sessions.serve(socket, peer) }) };
}

/** A greeted connection of a sender over TLS. */
async function connect(house: House, peer: PairedPeer, address: string, ssh?: SshOptions): Promise<Connection<'sender'>> {
  const connection = new Connection(await reach(house, peer, address, ssh), options('sender'));
  await connection.open(senderHandlers());
  return connection;
}

async function reach(house: House, peer: PairedPeer, address: string, ssh?: SshOptions): Promise<WebSocket> {
  return await dial({ address, ...house, peer, signal: untilTestEnds(), ...(ssh === undefined ? {} : { ssh }) });
}

async function open(connection: Connection<'sender'>): Promise<string> {
  return (await connection.request('campaign.open', { campaign: randomUUID() })).session;
}

describe('a further connection', () => {
  test('joins a session of the same key, and the receiver tells it as a lane of it', async () => {
    const { sessions, receiver } = await aSite();
    const sender = await aHouse('sender');
    const peer = await pair(sender, receiver);
    const main = await connect(sender, peer, receiver.address);
    const session = await open(main);
    const lane = await connect(sender, peer, receiver.address);
    expect(sessions.status()).toHaveLength(2);
    await lane.request('session.join', { session });
    expect(sessions.status()).toEqual([{ peer: 'cloud-a', campaign: main.campaign, since: expect.any(String), lanes: 1 }]);
    await main.close('The work is done.');
    expect((await lane.closed).problem).toBeUndefined();
    await expect.poll(() => sessions.status()).toEqual([]);
  });

  test('of another key learns nothing, though it knows the name of the session, and goes on as what it was', async () => {
    const { receiver } = await aSite();
    const sender = await aHouse('sender');
    const other = await aHouse('sender');
    const main = await connect(sender, await pair(sender, receiver), receiver.address);
    const session = await open(main);
    const stranger = await connect(other, await pair(other, receiver), receiver.address);
    const refused = await stranger.request('session.join', { session }).catch((error: unknown) => error);
    const unknown = await stranger.request('session.join', { session: '0'.repeat(32) }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'E_NOT_FOUND' });
    expect(JSON.stringify(refused)).toBe(JSON.stringify(unknown));
    expect(await open(stranger)).not.toBe(session);
  });

  test('joins no session that is over, that serves no campaign, or that it serves itself', async () => {
    const { receiver } = await aSite();
    const sender = await aHouse('sender');
    const peer = await pair(sender, receiver);
    const main = await connect(sender, peer, receiver.address);
    const session = await open(main);
    await expect(main.request('session.join', { session })).rejects.toMatchObject({ code: 'E_OUT_OF_TURN' });
    await main.close('The work is done.');
    const late = await connect(sender, peer, receiver.address);
    await expect(late.request('session.join', { session })).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });
});

test('lanes are opened through SSH as well, each by an SSH connection of its own', async () => {
  const sessions = await someSessions();
  const way = await aWay({}, { onSocket: (socket, peer) => sessions.serve(socket, peer) });
  const peer = await pairOver(way);
  const main = await connect(way.sender, peer, way.address, way.ssh);
  const session = await open(main);
  const tools = {
    connections: 2,
    budget: new LaneBudget(2),
    dial: () => reach(way.sender, peer, way.address, way.ssh),
    options: options('sender'),
    handlers: () => senderHandlers(),
    log,
  };
  const keeping = keepLanes(main, session, tools, untilTestEnds());
  await expect.poll(() => sessions.status()[0]?.lanes, { timeout: 10_000 }).toBe(2);
  expect(way.server.connections()).toBe(3);
  await main.close('The work is done.');
  await keeping;
  await expect.poll(() => way.server.connections(), { timeout: 10_000 }).toBe(0);
});

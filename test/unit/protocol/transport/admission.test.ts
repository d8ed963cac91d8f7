import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { dial } from '../../../../protocol/transport/dial.ts';
import { tlsProfile } from '../../../../protocol/transport/tls-profile.ts';
import { aHouse, aPair, echo, pair, problemOf, untilTestEnds } from './house.ts';

/** A port on loopback that passes bytes on to another, each way so many milliseconds later. */
async function aLongWay(port: number, delayMs: number): Promise<string> {
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (data) => void sleep(delayMs).then(() => to.writable && to.write(data)));
      from.on('close', () => void sleep(delayMs).then(() => to.destroy()));
      from.on('error', () => undefined);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

/** Connects from an address of loopback, and says nothing. */
function anIdler(port: number, localAddress: string): Socket {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  socket.on('error', () => undefined);
  return socket;
}

/** Connects from an address at a rate, until the test ends. */
function idling(port: number, localAddress: string, everyMs: number): void {
  const idlers: Socket[] = [];
  const timer = setInterval(() => idlers.push(anIdler(port, localAddress)), everyMs);
  onTestFinished(() => {
    clearInterval(timer);
    for (const idler of idlers) idler.destroy();
  });
}

describe('strangers at the port', () => {
  test('who connect 500 times a second from other addresses keep out no peer 200 ms away', async () => {
    const { sender, receiver, peer } = await aPair({ limits: { strangers: 64 } });
    const address = await aLongWay(receiver.listener.port, 100);
    idling(receiver.listener.port, '127.0.0.2', 4);
    idling(receiver.listener.port, '127.0.0.3', 4);
    await sleep(500);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const webSocket = await dial({ address, ...sender, peer, signal: untilTestEnds() });
      expect(await echo(webSocket, 'in')).toBe('in');
      webSocket.terminate();
    }
  });

  test('who connect from the address of a peer cannot choose whom they put out', async () => {
    const { receiver } = await aPair({ limits: { strangers: 50 } });
    const early = Array.from({ length: 50 }, () => anIdler(receiver.listener.port, '127.0.0.1'));
    await Promise.all(early.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    const late = Array.from({ length: 25 }, () => anIdler(receiver.listener.port, '127.0.0.1'));
    await Promise.all(late.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    onTestFinished(() => {
      for (const socket of [...early, ...late]) socket.destroy();
    });
    await expect.poll(() => [...early, ...late].filter(({ closed }) => closed).length).toBe(25);
    // The oldest 25 all gone, by chance: less often than once in 10^19 runs.
    expect(early.slice(0, 25).some(({ closed }) => !closed)).toBe(true);
  });

  test('put out nobody whose TLS is done', async () => {
    const { sender, receiver } = await aPair({ limits: { strangers: 8 } });
    const port = receiver.listener.port;
    const slow = connectTls({ ...tlsProfile(sender.identity), host: '127.0.0.1', port, rejectUnauthorized: false });
    onTestFinished(() => void slow.destroy());
    slow.on('error', () => undefined);
    await new Promise<void>((resolve) => slow.once('secureConnect', resolve));
    const idlers = Array.from({ length: 200 }, () => anIdler(port, '127.0.0.1'));
    onTestFinished(() => {
      for (const idler of idlers) idler.destroy();
    });
    await expect.poll(() => idlers.filter(({ closed }) => closed).length).toBe(192);
    expect(slow.closed).toBe(false);
  });

  test('who do TLS with keys of their own put out no peer that has shown its key', async () => {
    const { sender, receiver } = await aPair({ limits: { secured: 4 } });
    const stranger = await aHouse('sender');
    const shake = async (identity: typeof sender.identity) => {
      const profile = tlsProfile(identity);
      const socket = connectTls({ ...profile, host: '127.0.0.1', port: receiver.listener.port, rejectUnauthorized: false });
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => undefined);
      await new Promise<void>((resolve) => socket.once('secureConnect', resolve));
      return socket;
    };
    const peer = await shake(sender.identity);
    await sleep(200);
    const strangers: Socket[] = [];
    for (let count = 0; count < 12; count += 1) strangers.push(await shake(stranger.identity));
    await expect.poll(() => strangers.filter(({ closed }) => closed).length).toBe(8);
    expect(peer.closed).toBe(false);
  });
});

describe('peers at the port', () => {
  test('are not counted among strangers, and 600 of them connect at once', { timeout: 60_000 }, async () => {
    const { sender, receiver, peer } = await aPair();
    const dialled = [];
    for (let batch = 0; batch < 12; batch += 1) {
      const some = Array.from({ length: 50 }, () =>
        dial({ address: receiver.address, ...sender, peer, signal: untilTestEnds() }),
      );
      dialled.push(...(await Promise.all(some)));
    }
    expect(await echo(dialled[599] as (typeof dialled)[number], 'here')).toBe('here');
    for (const webSocket of dialled) webSocket.terminate();
  });

  test('have no more connections than are left for the others', async () => {
    const { sender, receiver, peer } = await aPair({ limits: { peerSockets: 8 } });
    const other = await aHouse('sender');
    const otherPeer = await pair(other, receiver);
    const call = (house: typeof sender, known: typeof peer) =>
      dial({ address: receiver.address, ...house, peer: known, signal: untilTestEnds() });
    const open = [];
    for (let count = 0; count < 4; count += 1) open.push(await call(sender, peer));
    expect((await problemOf(call(sender, peer))).code).toBe('E_BUSY');
    open.push(await call(other, otherPeer));
    expect(await echo(open[4] as (typeof open)[number], 'here')).toBe('here');
    for (const webSocket of open.splice(0, 2)) webSocket.terminate();
    await expect
      .poll(() =>
        call(sender, peer)
          .then((webSocket) => open.push(webSocket))
          .catch(() => 0),
      )
      .toBe(4);
    for (const webSocket of open) webSocket.terminate();
  });
});

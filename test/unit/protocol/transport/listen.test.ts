import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { dial } from '../../../../protocol/transport/dial.ts';
import type { PairedPeer } from '../../../../protocol/transport/peers.ts';
import { tlsProfile } from '../../../../protocol/transport/tls-profile.ts';
import { aHouse, aPair, aReceiver, echo, type House, problemOf, type Receiver, untilTestEnds } from './house.ts';
import { aStranger, hungUp } from './taps.ts';

interface Paired {
  readonly sender: House;
  readonly receiver: Receiver;
  readonly peer: PairedPeer;
}

/** The proof that nothing has happened to the daemon: a session still opens and answers. */
async function expectAlive({ sender, receiver, peer }: Paired): Promise<void> {
  const webSocket = await dial({ address: receiver.address, ...sender, peer, signal: untilTestEnds() });
  expect(await echo(webSocket, 'alive')).toBe('alive');
  webSocket.terminate();
}

/** TLS to the receiver with any certificate or none. */
async function overTls({ receiver }: Paired, who: House | undefined, more: object = {}): Promise<TLSSocket> {
  const profile = who === undefined ? {} : tlsProfile(who.identity);
  const socket = connect({ ...profile, ...more, host: '127.0.0.1', port: receiver.listener.port, rejectUnauthorized: false });
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  return socket;
}

async function everything(socket: TLSSocket): Promise<string> {
  const parts: Buffer[] = [];
  socket.on('data', (data) => parts.push(data));
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return Buffer.concat(parts).toString();
}

describe('the open port', () => {
  test('survives garbage from clients that are no peers', async () => {
    const paired = await aPair();
    for (const garbage of [
      randomBytes(100_000),
      Buffer.from('\r\n\r\n'),
      Buffer.from([0x16, 3, 1, 0xff, 0xff]),
      Buffer.alloc(5),
    ]) {
      const stranger = await aStranger(paired.receiver.listener.port);
      stranger.end(garbage);
      await hungUp(stranger);
    }
    await expectAlive(paired);
  });

  test('survives a client that speaks plain HTTP to it', async () => {
    const paired = await aPair();
    const stranger = await aStranger(paired.receiver.listener.port);
    stranger.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await hungUp(stranger);
    await expectAlive(paired);
  });

  test('refuses a client that speaks no newer TLS than 1.2', async () => {
    const paired = await aPair();
    await expect(
      overTls(paired, paired.sender, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'DEFAULT' }),
    ).rejects.toThrow(/protocol version/);
    await expectAlive(paired);
  });

  test('speaks AES-128-GCM to its own kind', async () => {
    const paired = await aPair();
    const socket = await overTls(paired, paired.sender);
    expect(socket.getProtocol()).toBe('TLSv1.3');
    expect(socket.getCipher().standardName).toBe('TLS_AES_128_GCM_SHA256');
  });

  test('refuses a session without any certificate', async () => {
    const paired = await aPair();
    const socket = await overTls(paired, undefined);
    socket.write(upgradeRequest('godwit.1'));
    const answer = await everything(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).toContain('E_PEER_UNPAIRED');
    await expectAlive(paired);
  });

  test('answers a web browser with a problem and hangs up', async () => {
    const paired = await aPair();
    const { status, body } = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: paired.receiver.listener.port, rejectUnauthorized: false }, (response) => {
        response.once('data', (data: Buffer) => resolve({ status: response.statusCode, body: data.toString() }));
      });
      asked.once('error', reject);
      asked.end();
    });
    expect(status).toBe(426);
    expect(JSON.parse(body)).toMatchObject({ code: 'E_MALFORMED' });
  });

  test.each([
    ['no protocol at all', ''],
    ['the protocol of somebody else', 'mqtt'],
    ['a protocol with strange letters', 'godwit.1\u007f'],
  ])('refuses %s', async (_what, protocol) => {
    const paired = await aPair();
    const socket = await overTls(paired, paired.sender);
    socket.write(upgradeRequest(protocol));
    expect(await everything(socket)).toMatch(/^HTTP\/1\.1 4\d\d |^$/);
    await expectAlive(paired);
  });

  test('refuses an upgrade that is no WebSocket handshake', async () => {
    const paired = await aPair();
    const socket = await overTls(paired, paired.sender);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nSec-WebSocket-Protocol: godwit.1\r\n\r\n');
    expect(await everything(socket)).toMatch(/^HTTP\/1\.1 400 /);
    await expectAlive(paired);
  });

  test('refuses headers without end', async () => {
    const paired = await aPair();
    const socket = await overTls(paired, paired.sender);
    socket.write(`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`);
    await everything(socket);
    await expectAlive(paired);
  });

  test.each(['before TLS', 'within TLS', 'after TLS'])('hangs up on who falls silent %s', async (when) => {
    const paired = await aPair({ limits: { strangerMs: 600 } });
    if (when === 'after TLS') {
      const socket = await overTls(paired, await aHouse('sender'));
      socket.write('GET / HTTP/1.1\r\nHost:');
      await everything(socket);
    } else {
      const stranger = await aStranger(paired.receiver.listener.port);
      if (when === 'within TLS') stranger.write(Buffer.from([0x16, 3, 1, 2, 0, 1]));
      await hungUp(stranger);
    }
    await expectAlive(paired);
  });

  test('hangs up on who sends a header byte by byte', async () => {
    const paired = await aPair({ limits: { strangerMs: 600 } });
    const socket = await overTls(paired, await aHouse('sender'));
    const dripping = setInterval(() => socket.write('x'), 20);
    await everything(socket);
    clearInterval(dripping);
    await expectAlive(paired);
  });

  test('hangs up on who opens a pairing and falls silent', async () => {
    const paired = await aPair({ limits: { strangerMs: 600 } });
    const socket = await overTls(paired, await aHouse('sender'));
    socket.write(upgradeRequest('godwit-pair.1'));
    expect(await everything(socket)).toMatch(/^HTTP\/1\.1 101 /);
  });

  test('does not hang up on a peer when the time of strangers is over', async () => {
    const { sender, receiver, peer } = await aPair({ limits: { strangerMs: 600 } });
    const webSocket = await dial({ address: receiver.address, ...sender, peer, signal: untilTestEnds() });
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(await echo(webSocket, 'still here')).toBe('still here');
  });

  test('ends the session of a peer that is unpaired soon, though it ignores the close frame, and hears it no more', async () => {
    const paired = await aPair();
    const { sender, receiver } = paired;
    const socket = await overTls(paired, sender);
    socket.write(upgradeRequest('godwit.1'));
    await new Promise((resolve) => socket.once('data', resolve));
    const heard: string[] = [];
    receiver.sockets[0]?.webSocket.on('message', (data: Buffer) => heard.push(data.toString()));
    // A text frame with a mask of zeros (RFC 6455, 5.2): the peer goes on as if nothing had been
    // said.
    const talking = setInterval(
      () => socket.write(Buffer.concat([Buffer.from([0x81, 0x82, 0, 0, 0, 0]), Buffer.from('hi')])),
      20,
    );
    onTestFinished(() => clearInterval(talking));
    await expect.poll(() => heard.length).toBeGreaterThan(0);
    const ended = hungUp(socket);
    const from = performance.now();
    await receiver.peers.remove('cloud-a');
    const soFar = heard.length;
    await ended;
    // Without our limit the library would wait for half a minute.
    expect(performance.now() - from).toBeLessThan(10_000);
    // What was in the buffers is heard; fifty more are said in a second.
    expect(heard.length).toBeLessThanOrEqual(soFar + 10);
  });

  test('closes a session that sends too large a message, and lives on', async () => {
    const paired = await aPair({ limits: { messageBytes: 1000 } });
    const { sender, receiver, peer } = paired;
    const webSocket = await dial({ address: receiver.address, ...sender, peer, signal: untilTestEnds() });
    const closed = new Promise<number>((resolve) => webSocket.once('close', resolve));
    webSocket.send('x'.repeat(1001));
    expect(await closed).toBe(1009);
    await expectAlive(paired);
  });

  test('turns peers away for now, without telling them why, while its list of peers is damaged', async () => {
    const paired = await aPair();
    const { sender, receiver, peer } = paired;
    const before = JSON.stringify({ format: 'godwit/peers', version: 1, peers: await receiver.peers.list() });
    await writeFile(receiver.peers.path, 'damaged');
    const problem = await problemOf(dial({ address: receiver.address, ...sender, peer, signal: untilTestEnds() }));
    expect(problem.code).toBe('E_PEER_UNREACHABLE');
    expect(problem.message).not.toContain(receiver.peers.path);
    expect(receiver.refused.map((refused) => refused.code)).toContain('E_STATE_DAMAGED');
    await writeFile(receiver.peers.path, before);
    await expectAlive(paired);
  });

  test('is closed, with all who still stand at the door, when the daemon stops', async () => {
    const stopping = new AbortController();
    const receiver = await aReceiver({ signal: stopping.signal });
    const strangers = [await aStranger(receiver.listener.port), await aStranger(receiver.listener.port)];
    stopping.abort();
    await receiver.listener.closed;
    await Promise.all(strangers.map(hungUp));
  });

  test('that another program holds already is told so', async () => {
    const receiver = await aReceiver();
    const problem = await problemOf(aReceiver({ port: receiver.listener.port }));
    expect(problem.code).toBe('E_LISTEN');
    expect(problem.message).toContain(`port ${receiver.listener.port}`);
  });
});

function upgradeRequest(protocol: string): string {
  const lines = ['GET / HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
  const key = `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`;
  return [...lines, key, ...(protocol ? [`Sec-WebSocket-Protocol: ${protocol}`] : []), '', ''].join('\r\n');
}

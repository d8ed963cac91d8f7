import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { WebSocket } from 'ws';
import { WebSocket as Client } from 'ws';
import { dial } from '../../../../protocol/transport/dial.ts';
import type { TransportLimits } from '../../../../protocol/transport/limits.ts';
import type { PairedPeer } from '../../../../protocol/transport/peers.ts';
import { tlsProfile } from '../../../../protocol/transport/tls-profile.ts';
import { aHouse, aPair, aReceiver, closing, echo, type House, pair, problemOf, untilTestEnds } from './house.ts';
import { aClosedPort, aPort, aTap } from './taps.ts';

async function open(sender: House, peer: PairedPeer, address: string, limits: Partial<TransportLimits> = {}): Promise<WebSocket> {
  return await dial({ address, ...sender, peer, signal: untilTestEnds(), limits });
}

describe('a session', () => {
  test('is opened between two daemons that have paired, and carries messages both ways', async () => {
    const { sender, receiver, peer } = await aPair();
    const webSocket = await open(sender, peer, receiver.address);
    expect(await echo(webSocket, 'hello')).toBe('hello');
    expect(webSocket.protocol).toBe('godwit.1');
    expect(webSocket.extensions).toBe('');
    expect(receiver.sockets[0]?.peer).toMatchObject({ name: 'cloud-a', fingerprint: sender.identity.fingerprint });
  });

  test('loses no message that the receiver sends at once', async () => {
    const { sender, receiver, peer } = await aPair({ onSocket: (webSocket) => webSocket.send('first') });
    for (let n = 0; n < 20; n++) {
      const webSocket = await open(sender, peer, receiver.address);
      expect(await new Promise((resolve) => webSocket.once('message', (data: Buffer) => resolve(data.toString())))).toBe('first');
      webSocket.terminate();
    }
  });

  test('sends payloads under a mask of zeros, inside TLS', async () => {
    const { sender, receiver, peer } = await aPair();
    const tap = await aTap(receiver.listener.port, receiver.identity, sender.identity);
    const webSocket = await open(sender, peer, tap.address);
    await echo(webSocket, 'a payload that is easily recognised');
    expect(tap.fromSender().includes('a payload that is easily recognised')).toBe(true);
  });

  test('is refused to a sender that is not paired', async () => {
    const { receiver, peer } = await aPair();
    const problem = await problemOf(open(await aHouse('sender'), peer, receiver.address));
    expect(problem.code).toBe('E_PEER_UNPAIRED');
    expect(problem.hint).toContain('receiver pair');
    expect(receiver.refused.map((refused) => refused.code)).toEqual(['E_PEER_UNPAIRED']);
    expect(receiver.sockets).toEqual([]);
  });

  test('is not opened with a receiver that shows another key than the pinned one', async () => {
    const { sender, peer } = await aPair();
    const impostor = await aReceiver();
    const problem = await problemOf(open(sender, peer, impostor.address));
    expect(problem.code).toBe('E_PEER_IMPOSTOR');
    expect(problem.message).toContain('Pinned:');
    expect(impostor.refused).toEqual([]);
  });

  test('is not opened through somebody between who has a certificate of his own', async () => {
    const { sender, receiver, peer } = await aPair();
    const mallory = await aHouse('receiver');
    const tap = await aTap(receiver.listener.port, mallory.identity, mallory.identity);
    expect((await problemOf(open(sender, peer, tap.address))).code).toBe('E_PEER_IMPOSTOR');
    expect(tap.fromSender()).toHaveLength(0);
  });

  test('is not opened when somebody between shows the true receiver key but has no key of the sender', async () => {
    const { sender, receiver, peer } = await aPair();
    const mallory = await aHouse('sender');
    const tap = await aTap(receiver.listener.port, receiver.identity, mallory.identity);
    expect((await problemOf(open(sender, peer, tap.address))).code).toBe('E_PEER_UNPAIRED');
  });

  test('is closed at once when the peer is unpaired, and refused from then on', async () => {
    const { sender, receiver, peer } = await aPair();
    const webSocket = await open(sender, peer, receiver.address);
    const closed = closing(webSocket);
    await receiver.peers.remove('cloud-a');
    expect(await closed).toEqual({ code: 4003, reason: 'This key is not paired any more.' });
    expect((await problemOf(open(sender, peer, receiver.address))).code).toBe('E_PEER_UNPAIRED');
  });

  test('of another peer goes on when one is unpaired', async () => {
    const { sender, receiver, peer } = await aPair();
    const other = await aHouse('sender');
    await pair(other, receiver);
    const webSocket = await open(sender, peer, receiver.address);
    await receiver.peers.remove(other.identity.fingerprint);
    expect(await echo(webSocket, 'still here')).toBe('still here');
  });

  test('ends when the receiver stops', async () => {
    const stopping = new AbortController();
    const { sender, receiver, peer } = await aPair({ signal: stopping.signal });
    const webSocket = await open(sender, peer, receiver.address);
    const closed = closing(webSocket);
    stopping.abort();
    expect((await closed).code).toBe(1001);
    await receiver.listener.closed;
    expect((await problemOf(open(sender, peer, receiver.address))).code).toBe('E_PEER_UNREACHABLE');
  });

  test('of another major is refused with a sentence that names both versions and who must be upgraded', async () => {
    const { sender, receiver } = await aPair();
    const options = { ...tlsProfile(sender.identity), rejectUnauthorized: false };
    const webSocket = new Client(`wss://${receiver.address}`, 'godwit.2', options);
    webSocket.on('error', () => undefined);
    const body = await new Promise<string>((resolve) => {
      webSocket.once('unexpected-response', (_request, response) => {
        expect(response.statusCode).toBe(426);
        response.once('data', (data: Buffer) => resolve(data.toString()));
      });
    });
    expect(JSON.parse(body)).toMatchObject({
      code: 'E_PROTOCOL_VERSION',
      says: 'This receiver speaks godwit.1, that sender godwit.2: upgrade the receiver.',
    });
  });
});

describe('a receiver that cannot be reached', () => {
  async function failing(address: string, limits: Partial<TransportLimits> = {}): Promise<string> {
    const { sender, peer } = await aPair();
    const problem = await problemOf(open(sender, peer, address, limits));
    expect(problem.code).toBe('E_PEER_UNREACHABLE');
    return problem.message;
  }

  test('because nothing listens, is told so', async () => {
    expect(await failing(await aClosedPort())).toContain('nothing listens on that port');
  });

  test('because its name is unknown, is told so', async () => {
    expect(await failing('no-such-host.invalid')).toContain('no-such-host.invalid');
  });

  test('because something else answers, is told so', async () => {
    expect(await failing(await aPort((socket) => socket.end('220 mail.example ESMTP\r\n')))).toContain('does not speak TLS 1.3');
  });

  test('because it hangs up, is told so', async () => {
    expect(await failing(await aPort((socket) => socket.destroy()))).toContain('does not speak TLS 1.3');
  });

  test('because TCP opens and then nothing is said, is told so', async () => {
    const address = await aPort(() => undefined);
    expect(await failing(address, { tlsMs: 100 })).toContain('did not finish the TLS handshake within 0.1 s');
  });

  test('because the upgrade is never answered, is told so', async () => {
    const { sender, receiver, peer } = await aPair();
    const { createServer: createTlsServer } = await import('node:tls');
    const mute = createTlsServer({ ...tlsProfile(receiver.identity), requestCert: true, rejectUnauthorized: false }, (socket) => {
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void mute.close());
    const { port } = mute.address() as { port: number };
    const problem = await problemOf(open(sender, peer, `127.0.0.1:${port}`, { upgradeMs: 100 }));
    expect(problem.message).toContain('did not answer the upgrade to WebSocket within 0.1 s');
  });

  test('because a plain web server sits there, is told so', async () => {
    const server = createServer((_request, response) => response.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    expect(await failing(`127.0.0.1:${(server.address() as { port: number }).port}`)).toContain('does not speak TLS 1.3');
  });

  test('is given up when the caller stops waiting', async () => {
    const { sender, peer } = await aPair();
    const address = await aPort(() => undefined);
    const waiting = new AbortController();
    const dialled = dial({ address, ...sender, peer, signal: waiting.signal });
    setTimeout(() => waiting.abort(new Error('enough')), 50);
    await expect(dialled).rejects.toThrow('enough');
  });
});

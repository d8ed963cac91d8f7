import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { dial, pairWith } from '../../../../protocol/transport/dial.ts';
import { newPairingCode } from '../../../../protocol/transport/pairing-code.ts';
import { PairingWindow } from '../../../../protocol/transport/pairing-window.ts';
import type { PairedPeer } from '../../../../protocol/transport/peers.ts';
import { tlsProfile } from '../../../../protocol/transport/tls-profile.ts';
import { aHouse, aReceiver, echo, type House, pair, problemOf, type Receiver, untilTestEnds } from './house.ts';
import { aTap } from './taps.ts';

async function tryCode(sender: House, receiver: Receiver, code: string, address = receiver.address): Promise<PairedPeer> {
  const { identity, peers } = sender;
  return await pairWith({ address, code, name: 'cloud-a', identity, peers, signal: untilTestEnds() });
}

describe('pairing', () => {
  test('pins on each side the key and name of the other', async () => {
    const sender = await aHouse('sender');
    const receiver = await aReceiver();
    const peer = await pair(sender, receiver);
    expect(peer).toMatchObject({
      name: 'cloud-b',
      fingerprint: receiver.identity.fingerprint,
      address: `wss://${receiver.address}`,
    });
    expect(await sender.peers.list()).toEqual([peer]);
    expect(await receiver.peers.list()).toMatchObject([{ name: 'cloud-a', fingerprint: sender.identity.fingerprint }]);
    expect((await receiver.peers.list())[0]).not.toHaveProperty('address');
  });

  test('tells the receiver who was paired', async () => {
    const told: PairedPeer[] = [];
    const window = new PairingWindow();
    const receiver = await aReceiver({ pairing: { window, name: 'cloud-b', onPaired: (peer) => told.push(peer) } });
    await tryCode(await aHouse('sender'), receiver, window.open());
    expect(told.map((peer) => peer.name)).toEqual(['cloud-a']);
  });

  test('accepts a code as it was typed', async () => {
    const sender = await aHouse('sender');
    const receiver = await aReceiver();
    const typed = receiver.window.open().toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
    expect((await tryCode(sender, receiver, typed)).name).toBe('cloud-b');
  });

  test('refuses a code when no window is open', async () => {
    const problem = await problemOf(tryCode(await aHouse('sender'), await aReceiver(), newPairingCode()));
    expect(problem.code).toBe('E_PAIRING_CLOSED');
  });

  test('refuses a code that was used, from the same sender and from another', async () => {
    const sender = await aHouse('sender');
    const thief = await aHouse('sender');
    const receiver = await aReceiver();
    const code = receiver.window.open();
    await tryCode(sender, receiver, code);
    expect((await problemOf(tryCode(sender, receiver, code))).code).toBe('E_PAIRING_USED');
    expect((await problemOf(tryCode(thief, receiver, code))).code).toBe('E_PAIRING_USED');
    expect(await receiver.peers.list()).toHaveLength(1);
  });

  test('gives a code that two use at once to one of them alone', async () => {
    const one = await aHouse('sender');
    const two = await aHouse('sender');
    const receiver = await aReceiver();
    const code = receiver.window.open();
    const outcomes = await Promise.allSettled([tryCode(one, receiver, code), tryCode(two, receiver, code)]);
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await receiver.peers.list()).toHaveLength(1);
  });

  test('refuses a code whose ten minutes are over', async () => {
    let nowMs = 0;
    const window = new PairingWindow(() => nowMs);
    const receiver = await aReceiver({ pairing: { window, name: 'cloud-b' } });
    const code = window.open(60_000);
    nowMs = 60_000;
    expect((await problemOf(tryCode(await aHouse('sender'), receiver, code))).code).toBe('E_PAIRING_EXPIRED');
  });

  test('refuses guessed codes, closes after five of them, and pins nothing on either side', async () => {
    const sender = await aHouse('sender');
    const receiver = await aReceiver();
    const right = receiver.window.open();
    for (let guess = 0; guess < 5; guess++)
      expect((await problemOf(tryCode(sender, receiver, newPairingCode()))).code).toBe('E_PAIRING_WRONG_CODE');
    expect((await problemOf(tryCode(sender, receiver, right))).code).toBe('E_PAIRING_CLOSED');
    expect(await receiver.peers.list()).toEqual([]);
    expect(await sender.peers.list()).toEqual([]);
    expect(receiver.refused.map((problem) => problem.code)).toContain('E_PAIRING_WRONG_CODE');
  });

  test('fails when somebody between shows a certificate of his own, and pins nothing on either side', async () => {
    const sender = await aHouse('sender');
    const receiver = await aReceiver();
    const mallory = await aHouse('receiver');
    const tap = await aTap(receiver.listener.port, mallory.identity, mallory.identity);
    const problem = await problemOf(tryCode(sender, receiver, receiver.window.open(), tap.address));
    expect(problem.code).toBe('E_PAIRING_WRONG_CODE');
    expect(problem.message).toContain('somebody sits between');
    expect(await receiver.peers.list()).toEqual([]);
    expect(await sender.peers.list()).toEqual([]);
  });

  test('fails when the receiver cannot prove the code in turn', async () => {
    const sender = await aHouse('sender');
    const receiver = await aReceiver();
    const foolish = new PairingWindow();
    foolish.redeem = () => '0'.repeat(64);
    foolish.open();
    const impostor = await aReceiver({ pairing: { window: foolish, name: 'cloud-b' } });
    const problem = await problemOf(tryCode(sender, impostor, receiver.window.open()));
    expect(problem.code).toBe('E_PEER_IMPOSTOR');
    expect(await sender.peers.list()).toEqual([]);
  });

  test('with the same receiver again replaces the entry, and the session works', async () => {
    const sender = await aHouse('sender');
    const receiver = await aReceiver();
    await pair(sender, receiver);
    const peer = await pair(sender, receiver);
    expect(await receiver.peers.list()).toHaveLength(1);
    const webSocket = await dial({ address: receiver.address, ...sender, peer, signal: untilTestEnds() });
    expect(await echo(webSocket, 'still here')).toBe('still here');
  });

  test('shows names of strangers without control characters', async () => {
    const sender = await aHouse('sender');
    const receiver = await aReceiver();
    const { identity, peers } = sender;
    const code = receiver.window.open();
    await pairWith({ address: receiver.address, code, name: 'a\u001b[2Jb\u202ec', identity, peers, signal: untilTestEnds() });
    expect((await receiver.peers.list())[0]?.name).toBe('a?[2Jb?c');
  });

  test.each(['', 'x', '{}', '[]', '{"hello":{"name":"x","nonce":"short"}}', '{"proof":"00"}', 'y'.repeat(4000)])(
    'survives the nonsense %j',
    async (nonsense) => {
      const sender = await aHouse('sender');
      const receiver = await aReceiver();
      receiver.window.open();
      const webSocket = new WebSocket(`wss://${receiver.address}`, 'godwit-pair.1', {
        ...tlsProfile(sender.identity),
        rejectUnauthorized: false,
      });
      const answer = new Promise<string>((resolve) => webSocket.once('message', (data: Buffer) => resolve(data.toString())));
      webSocket.once('open', () => webSocket.send(nonsense));
      expect(JSON.parse(await answer)).toMatchObject({ problem: { code: 'E_MALFORMED' } });
      expect((await pair(sender, receiver)).name).toBe('cloud-b');
    },
  );

  test('ends when the sender stops waiting', async () => {
    const sender = await aHouse('sender');
    const receiver = await aReceiver();
    const { identity, peers } = sender;
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(
      pairWith({ address: receiver.address, code: newPairingCode(), name: 'a', identity, peers, signal }),
    ).rejects.toThrow('enough');
  });
});

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dial } from '../../../../protocol/transport/dial.ts';
import { type Identity, loadOrCreateIdentity, prepareNext } from '../../../../protocol/transport/identity.ts';
import { firstKeyOf, type PairedPeer } from '../../../../protocol/transport/peers.ts';
import { completeRotation } from '../../../../protocol/transport/rotation.ts';
import { aHouse, aPair, closing, echo, type House, pair, problemOf, type Receiver, untilTestEnds } from './house.ts';

/** The only peer of a sender. */
async function theReceiver(sender: House): Promise<PairedPeer> {
  const [peer] = await sender.peers.list();
  if (peer === undefined) throw new Error('Nobody is paired.');
  return peer;
}

/** Dials once, as a daemon does that reads its identity and its peer anew each time. */
async function connect(sender: House, receiver: Receiver, identity: Identity, nextKey?: string): Promise<void> {
  const peer = await theReceiver(sender);
  const webSocket = await dial({
    address: receiver.address,
    peers: sender.peers,
    identity,
    peer,
    nextKey,
    signal: untilTestEnds(),
  });
  expect(await echo(webSocket, 'x')).toBe('x');
  webSocket.terminate();
}

describe("a rotation of the sender's key", () => {
  test('is announced at one connection, and the next key is pinned when it is first used', async () => {
    const { sender, receiver } = await aPair();
    const folder = join(sender.dir, 'identity');
    const next = await prepareNext(folder, 'sender');
    await connect(sender, receiver, sender.identity, next.fingerprint);
    await connect(sender, receiver, sender.identity, next.fingerprint);
    const promoted = await completeRotation(folder, 'sender', sender.peers);
    expect(promoted.fingerprint).toBe(next.fingerprint);
    await connect(sender, receiver, promoted);
    const [known] = await receiver.peers.list();
    expect(known?.fingerprint).toBe(next.fingerprint);
    expect(known?.certificate).toBe(next.certificate);
    expect(known).not.toHaveProperty('next_fingerprint');
  });

  test('is complete after a single connection, for the answer confirms it', async () => {
    const { sender, receiver } = await aPair();
    const folder = join(sender.dir, 'identity');
    const next = await prepareNext(folder, 'sender');
    await connect(sender, receiver, sender.identity, next.fingerprint);
    expect((await completeRotation(folder, 'sender', sender.peers)).fingerprint).toBe(next.fingerprint);
  });

  test('makes the old key worthless once the next one was used, and ends what it had open', async () => {
    const { sender, receiver, peer } = await aPair();
    const next = await prepareNext(join(sender.dir, 'identity'), 'sender');
    const old = await dial({ address: receiver.address, ...sender, peer, nextKey: next.fingerprint, signal: untilTestEnds() });
    const closed = closing(old);
    await connect(sender, receiver, next);
    expect((await closed).code).toBe(4003);
    expect((await problemOf(connect(sender, receiver, sender.identity))).code).toBe('E_PEER_UNPAIRED');
  });

  test('is not believed from anybody but the pinned key', async () => {
    const { sender, receiver } = await aPair();
    const thief = await aHouse('sender');
    expect((await problemOf(connect(sender, receiver, thief.identity, thief.identity.fingerprint))).code).toBe('E_PEER_UNPAIRED');
    expect((await receiver.peers.list())[0]).not.toHaveProperty('next_fingerprint');
  });

  test('is refused for a key that another peer has, so that unpairing that peer by its name revokes it', async () => {
    const { sender, receiver } = await aPair();
    const other = await aHouse('sender');
    await pair(other, receiver);
    const refused = await problemOf(connect(sender, receiver, sender.identity, other.identity.fingerprint));
    expect(refused.code).toBe('E_PEER_UNPAIRED');
    expect(refused.message).not.toContain('cloud-a-2');
    expect((await receiver.peers.list()).map((peer) => peer.next_fingerprint)).toEqual([undefined, undefined]);
    await connect(other, receiver, other.identity);
    await receiver.peers.remove('cloud-a-2');
    expect((await problemOf(connect(other, receiver, other.identity))).code).toBe('E_PEER_UNPAIRED');
    await connect(sender, receiver, sender.identity);
  });

  test('is refused for a key that another peer has announced as its next', async () => {
    const { sender, receiver } = await aPair();
    const other = await aHouse('sender');
    await pair(other, receiver);
    const next = await prepareNext(join(sender.dir, 'identity'), 'sender');
    await connect(sender, receiver, sender.identity, next.fingerprint);
    expect((await problemOf(connect(other, receiver, other.identity, next.fingerprint))).code).toBe('E_PEER_UNPAIRED');
  });

  test('leaves the key that was paired as the one that what the peer owns is known by, through every further one', async () => {
    const { sender, receiver } = await aPair();
    const folder = join(sender.dir, 'identity');
    for (let turn = 0; turn < 2; turn += 1) {
      const identity = await loadOrCreateIdentity(folder, 'sender');
      const next = await prepareNext(folder, 'sender');
      await connect(sender, receiver, identity, next.fingerprint);
      await connect(sender, receiver, await completeRotation(folder, 'sender', sender.peers));
      const [known] = await receiver.peers.list();
      expect(known?.fingerprint).toBe(next.fingerprint);
      expect(known === undefined ? '' : firstKeyOf(known)).toBe(sender.identity.fingerprint);
    }
  });

  test('works with either key after a crash on either side of the switch', async () => {
    const { sender, receiver } = await aPair();
    const folder = join(sender.dir, 'identity');
    const next = await prepareNext(folder, 'sender');
    await connect(sender, receiver, sender.identity, next.fingerprint);
    await connect(sender, receiver, await loadOrCreateIdentity(folder, 'sender'), next.fingerprint);
    await completeRotation(folder, 'sender', sender.peers);
    await connect(sender, receiver, await loadOrCreateIdentity(folder, 'sender'));
  });
});

describe("a rotation of the receiver's key", () => {
  test('is announced at one connection, confirmed at the next, and survives the switch', async () => {
    const { sender, receiver } = await aPair();
    const folder = join(receiver.dir, 'identity');
    const next = await prepareNext(folder, 'receiver');
    receiver.listener.announce(next.fingerprint);
    await connect(sender, receiver, sender.identity);
    expect((await theReceiver(sender)).next_fingerprint).toBe(next.fingerprint);
    expect((await problemOf(completeRotation(folder, 'receiver', receiver.peers))).code).toBe('E_ROTATION_PENDING');
    await connect(sender, receiver, sender.identity);
    receiver.listener.useIdentity(await completeRotation(folder, 'receiver', receiver.peers));
    receiver.listener.announce(undefined);
    await connect(sender, receiver, sender.identity);
    const known = await theReceiver(sender);
    expect(known.fingerprint).toBe(next.fingerprint);
    expect(known).not.toHaveProperty('next_fingerprint');
  });

  test('waits for every peer, by name', async () => {
    const { sender, receiver } = await aPair();
    await pair(await aHouse('sender'), receiver);
    const folder = join(receiver.dir, 'identity');
    receiver.listener.announce((await prepareNext(folder, 'receiver')).fingerprint);
    await connect(sender, receiver, sender.identity);
    await connect(sender, receiver, sender.identity);
    const problem = await problemOf(completeRotation(folder, 'receiver', receiver.peers));
    expect(problem.code).toBe('E_ROTATION_PENDING');
    expect(problem.message).toBe('These peers do not know the next key yet: cloud-a-2.');
  });

  test('presents the new key in pairings at once', async () => {
    const { receiver } = await aPair();
    const next = await prepareNext(join(receiver.dir, 'identity'), 'receiver');
    receiver.listener.useIdentity(next);
    expect((await pair(await aHouse('sender'), receiver)).fingerprint).toBe(next.fingerprint);
  });
});

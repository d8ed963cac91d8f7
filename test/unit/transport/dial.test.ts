import { describe, expect, test } from 'vitest';
import { dial } from '../../../protocol/transport/dial.ts';
import { aPair, echo, untilTestEnds } from './house.ts';

describe('a session', () => {
  test('is opened between two daemons that have paired, and carries messages both ways', async () => {
    const { sender, receiver, peer } = await aPair();
    const webSocket = await dial({ address: receiver.address, ...sender, peer, signal: untilTestEnds() });
    expect(await echo(webSocket, 'hello')).toBe('hello');
    expect(webSocket.protocol).toBe('godwit.1');
    expect(webSocket.extensions).toBe('');
    expect(receiver.sockets[0]?.peer.name).toBe('cloud-a');
    expect(receiver.sockets[0]?.peer.fingerprint).toBe(sender.identity.fingerprint);
  });
});

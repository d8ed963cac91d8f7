import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Peers } from '../../../../protocol/transport/peers.ts';
import { receiverOf } from '../../../../sender/receiver/link.ts';
import { aFolder } from '../../../support/folder.ts';

test('the receiver is the one that was paired last, also where the clock was set back an hour between', async () => {
  const peers = new Peers(join(await aFolder(), 'peers.json'));
  await expect(receiverOf(peers)).rejects.toMatchObject({ code: 'E_PEER_UNPAIRED' });
  const paired = [
    ['old', 'a', '2026-11-01T12:00:00.000Z'],
    ['new', 'b', '2026-11-01T11:30:00.000Z'],
  ] as const;
  for (const [name, letter, paired_at] of paired)
    await peers.add({ name, fingerprint: letter.repeat(64), certificate: 'x', paired_at, address: `wss://${name}.example:9443` });
  expect(await receiverOf(peers)).toMatchObject({ name: 'new', address: 'wss://new.example:9443' });
  // Paired anew, the old one is the last again.
  const name = 'old';
  const letter = 'a';
  await peers.add({
    name,
    fingerprint: letter.repeat(64),
    certificate: 'x',
    paired_at: '2026-11-01T11:00:00.000Z',
    address: 'wss://old.example:9443',
  });
  expect(await receiverOf(peers)).toMatchObject({ name: 'old' });
});

import { z } from 'zod';
import { printFingerprint } from '../../../protocol/transport/certificate.ts';
import { pairWith } from '../../../protocol/transport/dial.ts';
import { command } from '../../../shared/control/command.ts';
import { Nothing } from '../../../shared/control/params.ts';
import type { SenderContext } from '../context.ts';

/** Pairs with a receiver that printed a code. */
export const pair = command({
  does: 'Pair with the receiver whose `receiver pair` printed a code. From then on each side accepts only the other’s key.',
  exits: [10, 11, 12],
  params: z.object({ address: z.string(), code: z.string() }),
  run: async ({ address, code }, { link, config, peer, stopping }: SenderContext) => {
    const paired = await pairWith({
      address,
      code,
      identity: link.identity(),
      peers: link.peers,
      name: config.name,
      ssh: link.ssh,
      signal: stopping,
    });
    await peer.redial();
    return { name: paired.name, fingerprint: printFingerprint(paired.fingerprint) };
  },
});

/** Lists the paired receivers. */
export const peers = command({
  does: 'List the receivers that this sender is paired with.',
  params: Nothing,
  run: async (_, { link }: SenderContext) => {
    const list = await link.peers.list();
    return list.map((peer) => ({
      name: peer.name,
      address: peer.address ?? null,
      fingerprint: printFingerprint(peer.fingerprint),
      pairedAt: peer.paired_at,
    }));
  },
});

/** Forgets a receiver. */
export const unpair = command({
  does: 'Forget a receiver: its key is no longer accepted, and its connection ends.',
  params: z.object({ name: z.string() }),
  run: async ({ name }, { link }: SenderContext): Promise<void> => {
    await link.peers.remove(name);
  },
});

/** Replaces the daemon's key. */
export const rotate = command({
  does: 'Replace this sender’s key. The connected receiver learns the new key first; then the old key is worthless.',
  exits: [10, 11, 12],
  params: Nothing,
  run: async (_, { rotate: renew }: SenderContext) => ({ fingerprint: await renew() }),
});

import { z } from 'zod';
import { printFingerprint } from '../../../protocol/transport/certificate.ts';
import { command } from '../../../shared/control/command.ts';
import { Nothing, wholeNumber } from '../../../shared/control/params.ts';
import type { ReceiverContext } from '../context.ts';

/** How long a pairing code lives unless the operator says otherwise: seconds. */
const codeLifeSeconds = 10 * 60;

/** Opens the pairing window and returns its one-time code; `expiresAt` is ISO 8601, UTC. */
export const pair = command({
  does: 'Print a one-time code for `sender pair`. Whoever enters it in time becomes the paired sender.',
  params: z.object({ seconds: wholeNumber(3600).default(codeLifeSeconds) }),
  run: async ({ seconds }, { window, dialable }: ReceiverContext) => {
    const code = window.open(seconds * 1000);
    const [address = '', ...others] = dialable();
    return { code, expiresAt: new Date(Date.now() + seconds * 1000).toISOString(), address, others };
  },
});

/** Lists the paired senders. */
export const peers = command({
  does: 'List the senders that this receiver is paired with.',
  params: Nothing,
  run: async (_, { peers: paired }: ReceiverContext) => {
    const list = await paired.list();
    return list.map((peer) => ({
      name: peer.name,
      fingerprint: printFingerprint(peer.fingerprint),
      pairedAt: peer.paired_at,
    }));
  },
});

/** Forgets a sender. */
export const unpair = command({
  does: 'Forget a sender: its key is no longer accepted, and its connections end.',
  params: z.object({ name: z.string() }),
  run: async ({ name }, { peers: paired }: ReceiverContext): Promise<void> => {
    await paired.remove(name);
  },
});

/** Replaces the daemon's key. */
export const rotate = command({
  does: 'Replace this receiver’s key. Senders learn the new key when they connect; then the old key is worthless.',
  exits: [11],
  params: Nothing,
  run: async (_, { rotate: renew }: ReceiverContext) => ({ fingerprint: await renew() }),
});

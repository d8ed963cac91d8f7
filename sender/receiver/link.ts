import { readFile } from 'node:fs/promises';
import type { WebSocket } from 'ws';
import { dial } from '../../protocol/transport/dial.ts';
import type { Identity } from '../../protocol/transport/identity.ts';
import type { PairedPeer, Peers } from '../../protocol/transport/peers.ts';
import type { SshOptions } from '../../protocol/transport/ssh-tunnel.ts';
import { Problem } from '../../shared/problem.ts';
import type { SenderConfig } from '../config.ts';

/** Who we are and who may be our receiver. */
export interface ReceiverLink {
  readonly identity: () => Identity;
  readonly nextKey: () => string | undefined;
  readonly peers: Peers;
  readonly ssh: SshOptions;
}

/**
 * The receiver this sender is paired with: the one paired last, by the order of the list, because a
 * clock may be set back. Throws E_PEER_UNPAIRED.
 */
export async function receiverOf(peers: Peers): Promise<PairedPeer & { address: string }> {
  const latest = (await peers.list()).findLast((peer) => peer.address !== undefined);
  if (latest?.address === undefined) {
    throw new Problem('E_PEER_UNPAIRED', 'This sender is paired with no receiver.', {
      hint: 'Run `receiver pair` there and `sender pair <address>` here; it asks for the code.',
    });
  }
  return { ...latest, address: latest.address };
}

/** Opens a socket to the paired receiver. */
export async function dialReceiver({ identity, nextKey, peers, ssh }: ReceiverLink, signal: AbortSignal): Promise<WebSocket> {
  const peer = await receiverOf(peers);
  return dial({ address: peer.address, identity: identity(), peer, peers, ssh, nextKey: nextKey(), signal });
}

/** The SSH settings as the transport wants them; the passphrase file is read now. */
export async function sshOptions({ ssh }: SenderConfig): Promise<SshOptions> {
  const passphrase = ssh.passphrase_file === null ? undefined : (await readFile(ssh.passphrase_file, 'utf8')).trimEnd();
  return {
    knownHosts: ssh.known_hosts,
    keyFile: ssh.key ?? undefined,
    agent: ssh.agent ?? undefined,
    passphrase: passphrase === undefined ? undefined : () => passphrase,
  };
}

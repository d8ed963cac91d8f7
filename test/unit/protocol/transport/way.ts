import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { pairWith } from '../../../../protocol/transport/dial.ts';
import type { ListenOptions } from '../../../../protocol/transport/listen.ts';
import type { PairedPeer } from '../../../../protocol/transport/peers.ts';
import type { SshOptions } from '../../../../protocol/transport/ssh-tunnel.ts';
import { anSshKey, type SshServer, startSshServer } from '../../../support/ssh-server.ts';
import { aFolder, aHouse, aReceiver, type House, type Receiver, untilTestEnds } from './house.ts';

/** The way through SSH from a sender to a receiver that cannot be reached otherwise. */
export interface Way {
  readonly sender: House;
  readonly receiver: Receiver;
  readonly server: SshServer;
  readonly address: string;
  readonly ssh: SshOptions;
  readonly knownHosts: string;
}

/** A receiver on loopback, an SSH server beside it, and a sender that may enter there. */
export async function aWay(
  more: { passphrase?: string; forwarding?: boolean; stranger?: boolean } = {},
  listening: Partial<ListenOptions> = {},
): Promise<Way> {
  const sender = await aHouse('sender');
  const receiver = await aReceiver(listening);
  const dir = await aFolder();
  const hostKey = anSshKey();
  const userKey = anSshKey('ed25519', more.passphrase);
  const authorizedKey = more.stranger ? anSshKey().publicKey : userKey.publicKey;
  const server = await startSshServer({
    hostKeys: [hostKey.privateKey],
    user: 'mover',
    authorizedKey,
    forwarding: more.forwarding ?? true,
  });
  onTestFinished(server.close);
  const keyFile = join(dir, 'id_ed25519');
  const knownHosts = join(dir, 'known_hosts');
  await writeFile(keyFile, userKey.privateKey, { mode: 0o600 });
  await writeFile(knownHosts, `[127.0.0.1]:${server.port} ${hostKey.publicKey}\n`);
  const address = `ssh://mover@127.0.0.1:${server.port}/${receiver.listener.port}`;
  return { sender, receiver, server, address, knownHosts, ssh: { knownHosts: [knownHosts], keyFile } };
}

/** Pairs the two over that way. */
export async function pairOver({ sender, receiver, address, ssh }: Way, more: Partial<SshOptions> = {}): Promise<PairedPeer> {
  const { identity, peers } = sender;
  const code = receiver.window.open();
  return await pairWith({ address, code, name: 'cloud-a', identity, peers, signal: untilTestEnds(), ssh: { ...ssh, ...more } });
}

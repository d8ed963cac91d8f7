import { join } from 'node:path';
import { printFingerprint } from '../protocol/transport/certificate.ts';
import { loadNext, loadOrCreateIdentity, prepareNext } from '../protocol/transport/identity.ts';
import { type Listener, listen } from '../protocol/transport/listen.ts';
import { PairingWindow } from '../protocol/transport/pairing-window.ts';
import { Peers } from '../protocol/transport/peers.ts';
import { completeRotation } from '../protocol/transport/rotation.ts';
import { lazily, openCloud } from '../shared/cloud/open.ts';
import type { CloudSection } from '../shared/cloud/section.ts';
import { serveControl } from '../shared/control/serve.ts';
import { WorkerPool } from '../shared/disk/worker-pool.ts';
import { holdState } from '../shared/lock.ts';
import type { Log } from '../shared/log.ts';
import { digestOfJson } from '../shared/model/marker.ts';
import { Problem } from '../shared/problem.ts';
import { release } from '../shared/release.ts';
import { Imports } from './bundle/imports.ts';
import { Campaigns } from './campaign/campaigns.ts';
import type { ReceiverConfig } from './config.ts';
import type { ReceiverContext } from './control/context.ts';
import { dialableAt } from './control/dialable.ts';
import { receiverCommands } from './control/registry.ts';
import { Sessions } from './session/sessions.ts';

/** A daemon that runs. `port` is the one it listens on. */
export interface ReceiverDaemon {
  readonly port: number;
  /** Everything but the level of the log, which is the caller's, needs a restart. */
  reload(): void;
  stop(): Promise<void>;
}

/**
 * Builds the receiver from its parts and starts it. Throws E_STATE_LOCKED, E_STATE_DAMAGED,
 * E_LISTEN.
 */
export async function startReceiver(config: ReceiverConfig, log: Log): Promise<ReceiverDaemon> {
  const freeState = await holdState(config.state);
  const stopping = new AbortController();
  const identityFolder = join(config.state, 'identity');
  const identity = await loadOrCreateIdentity(identityFolder, 'receiver');
  const next = await loadNext(identityFolder, 'receiver');
  const peers = new Peers(join(config.state, 'peers.json'));

  const destination = lazily(() => openCloud('destination', config.cloud));
  const workers = new WorkerPool();
  // One folder for each sender and project: disks of one tenant MUST NOT be read for another.
  const keptFor = (peer: string): string =>
    join(config.state, 'kept', digestOfJson([peer, withoutAllowance(config.cloud)]).slice(0, 32));
  const campaigns = new Campaigns(config.state, {
    cloud: destination.get,
    workers,
    log,
    directIo: config.direct_io,
    keptFor: config.keep_disks ? keptFor : null,
    images: { images: config.donors.images, mostBytes: config.donors.image_gib * 1024 ** 3 },
  });
  const sessions = new Sessions({
    name: config.name,
    release,
    state: config.state,
    campaigns,
    cloud: destination.get,
    log,
    windowBytes: config.limits.window_mib * 1024 * 1024,
  });
  const window = new PairingWindow();
  const listener = await listen({
    identity,
    peers,
    host: config.listen.host,
    port: config.listen.port,
    nextKey: next?.fingerprint,
    pairing: {
      window,
      name: config.name,
      onPaired: (peer) => log.info({ peer: peer.name, fingerprint: peer.fingerprint }, 'paired'),
    },
    onSocket: (socket, peer) => sessions.serve(socket, peer),
    onRefused: (problem, from) => log.warn({ problem, from }, 'turned away'),
    signal: stopping.signal,
  });
  const context: ReceiverContext = {
    release,
    listening: `${config.listen.host}:${listener.port}`,
    dialable: () => dialableAt(config.listen.host, listener.port),
    state: config.state,
    campaigns,
    imports: new Imports(),
    workers,
    sessions,
    window,
    peers,
    rotate: () => rotateKey(identityFolder, listener, sessions, peers),
    cloud: destination.get,
  };
  const control = await serveControl(config.control, receiverCommands, context, log);
  log.info({ state: config.state, control: config.control, port: listener.port }, 'receiver ready');
  return {
    port: listener.port,
    reload() {},
    async stop() {
      await sessions.close('The receiver is stopping.');
      stopping.abort(new Problem('E_CANCELLED', 'The receiver is stopping.'));
      // Ends sessions that began meanwhile.
      await sessions.close('The receiver is stopping.');
      // A command that commits or rolls back ends where it is: the control socket waits for it.
      await campaigns.interrupt();
      await control.close();
      await campaigns.close();
      await workers.close();
      await (await destination.opened())?.close();
      await freeState();
    },
  };
}

/** Where a cloud is: what senders may have done there makes it no other one. */
function withoutAllowance({ provider, settings }: CloudSection): CloudSection {
  const all = Object.entries(settings as Readonly<Record<string, unknown>>);
  return { provider, settings: Object.fromEntries(all.filter(([name]) => name !== 'allow')) };
}

/** Makes a new key, has every sender learn it, and uses it; returns its fingerprint. */
async function rotateKey(folder: string, listener: Listener, sessions: Sessions, peers: Peers): Promise<string> {
  const prepared = await prepareNext(folder, 'receiver');
  listener.announce(prepared.fingerprint);
  // A sender learns the next key when it connects, so each is made to connect again.
  await sessions.close('The receiver announces a new key.');
  await everyPeerKnows(peers, prepared.fingerprint);
  const promoted = await completeRotation(folder, 'receiver', peers);
  listener.useIdentity(promoted);
  listener.announce(undefined);
  return printFingerprint(promoted.fingerprint);
}

/**
 * Waits up to half a minute for every sender to confirm a key; `completeRotation` names who has
 * not.
 */
async function everyPeerKnows(peers: Peers, fingerprint: string): Promise<void> {
  for (let tries = 0; tries < 60; tries += 1) {
    if ((await peers.list()).every((peer) => peer.knows_our_next === fingerprint)) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

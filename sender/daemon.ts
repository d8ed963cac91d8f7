import { join } from 'node:path';
import { limits } from '../protocol/limits.ts';
import { printFingerprint } from '../protocol/transport/certificate.ts';
import { loadNext, loadOrCreateIdentity, prepareNext } from '../protocol/transport/identity.ts';
import { Peers } from '../protocol/transport/peers.ts';
import { completeRotation } from '../protocol/transport/rotation.ts';
import { lazily, openCloud } from '../shared/cloud/open.ts';
import { serveControl } from '../shared/control/serve.ts';
import { WorkerPool } from '../shared/disk/worker-pool.ts';
import { holdState } from '../shared/lock.ts';
import type { Log } from '../shared/log.ts';
import { Problem } from '../shared/problem.ts';
import { release } from '../shared/release.ts';
import type { SenderConfig } from './config.ts';
import { beginFromDocument, beginFromPlan } from './control/begin.ts';
import { CampaignSet } from './control/campaign-set.ts';
import { Changes } from './control/changes.ts';
import type { SenderContext } from './control/context.ts';
import { senderCommands } from './control/registry.ts';
import { Bandwidth } from './receiver/bandwidth.ts';
import { LaneBudget } from './receiver/lane-budget.ts';
import { dialReceiver, type ReceiverLink, sshOptions } from './receiver/link.ts';
import { Peer } from './receiver/peer.ts';
import { watchSpool } from './spool/spool.ts';

/** A daemon that runs. */
export interface SenderDaemon {
  /** Takes over bandwidth and limits; the level of the log is the caller's. */
  reload(config: SenderConfig): void;
  stop(): Promise<void>;
}

/** Builds the sender from its parts and starts it. Throws E_STATE_LOCKED, E_STATE_DAMAGED. */
export async function startSender(config: SenderConfig, log: Log): Promise<SenderDaemon> {
  const freeState = await holdState(config.state);
  const stopping = new AbortController();
  const { signal } = stopping;
  const identityFolder = join(config.state, 'identity');
  let identity = await loadOrCreateIdentity(identityFolder, 'sender');
  let next = await loadNext(identityFolder, 'sender');
  const peers = new Peers(join(config.state, 'peers.json'));
  const link: ReceiverLink = { identity: () => identity, nextKey: () => next?.fingerprint, peers, ssh: await sshOptions(config) };

  const source = lazily(() => openCloud('source', config.cloud));
  const bandwidth = new Bandwidth(config.bandwidth);
  bandwidth.start();
  const { throttle } = bandwidth;
  const { connections } = config.limits;
  const dial = (until: AbortSignal): ReturnType<typeof dialReceiver> => dialReceiver(link, until);
  const laneBudget = new LaneBudget(2 * limits.lanes);
  const peerOptions = { name: config.name, release, log, dial, connections, laneBudget, throttle };
  const peer = new Peer({ ...peerOptions, campaign: null, onState: ({ says }) => log.info({ peer: says }, 'peer') });
  const rotate = async (): Promise<string> => {
    next = await prepareNext(identityFolder, 'sender');
    await peer.reconnect('A new key is announced.');
    identity = await completeRotation(identityFolder, 'sender', peers);
    next = undefined;
    await peer.reconnect('The new key is used.');
    return printFingerprint(identity.fingerprint);
  };
  const workers = new WorkerPool();
  const changes = new Changes();
  const campaigns = new CampaignSet({
    state: config.state,
    changes,
    runner: {
      source: source.get,
      retirement: () => openCloud('retirement', config.cloud),
      peer: peerOptions,
      log,
      workers,
      retryDelaysMs: config.limits.retry_after_seconds.map((seconds) => seconds * 1000),
    },
  });
  bandwidth.heed(() => campaigns.plannedBandwidth());
  let current = config;
  const context: SenderContext = {
    get config() {
      return current;
    },
    release,
    link,
    bandwidth,
    peer,
    source: source.get,
    campaigns,
    changes,
    rotate,
    stopping: signal,
  };
  await campaigns.start();
  peer.start();
  const control = await serveControl(config.control, senderCommands, context, log);
  const spool = await openSpool(context, log);
  log.info({ state: config.state, control: config.control, spool: config.spool }, 'sender ready');
  return {
    reload(next) {
      bandwidth.configure(next.bandwidth);
      current = { ...config, rules: next.rules, limits: { ...config.limits, parallel: next.limits.parallel } };
    },
    async stop() {
      stopping.abort(new Problem('E_CANCELLED', 'The sender is stopping.'));
      await spool.close();
      await control.close();
      bandwidth.stop();
      await campaigns.stop();
      await workers.close();
      await peer.stop('The sender is stopping.');
      await (await source.opened())?.close();
      await freeState();
    },
  };
}

/** Watches the spool folder, made if it is missing, and begins a campaign for what is put there. */
async function openSpool(context: SenderContext, log: Log): ReturnType<typeof watchSpool> {
  const { spool: folder, state } = context.config;
  return watchSpool({
    folder,
    state,
    log,
    onPlan: (text, file) => beginFromPlan(text, file, {}, context),
    onDocument: (value, file) => beginFromDocument(value, file, context),
  });
}

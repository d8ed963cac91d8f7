import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { dial, pairWith } from '../../../protocol/transport/dial.ts';
import { loadOrCreateIdentity } from '../../../protocol/transport/identity.ts';
import { Peers } from '../../../protocol/transport/peers.ts';
import { offerDisk } from '../../../sender/disks/offer.ts';
import type { Move } from '../../../sender/migration/move.ts';
import type { Tools } from '../../../sender/migration/phase.ts';
import { Peer } from '../../../sender/receiver/peer.ts';
import { boundMemory } from '../../../shared/cli/memory.ts';
import type { Snapshot, SourceCloud } from '../../../shared/cloud/source-cloud.ts';
import { inParallel } from '../../../shared/concurrency/parallel.ts';
import { WorkerPool } from '../../../shared/disk/worker-pool.ts';
import { openLog } from '../../../shared/log.ts';
import type { Configurations } from '../../../shared/model/configurations.ts';
import { openDisk } from './disk.ts';
import type { Moved, Order, OrderedDisk } from './order.ts';

/**
 * The sender's side of a measured transfer: the daemon's own modules, reading files in place of
 * snapshots in a cloud.
 */
boundMemory();
const [state = ''] = process.argv.slice(2);
const signal = new AbortController().signal;
const log = openLog('sender', 'warn');
await mkdir(state, { recursive: true, mode: 0o700 });
const identity = await loadOrCreateIdentity(join(state, 'identity'), 'sender');
const peers = new Peers(join(state, 'peers.json'));
const workers = new WorkerPool();

/** Control messages during a transfer: milliseconds between two. */
const controlEveryMs = 25;

/**
 * Most control messages that may be unanswered: fewer than the protocol allows, so that those of
 * the disk are never refused.
 */
const mostAsked = 32;

async function connect(campaign: string): Promise<Peer> {
  const [peer] = await peers.list();
  if (peer?.address === undefined) throw new Error('The sender was not paired.');
  const { address } = peer;
  const opened = new Peer({
    name: 'bench',
    release: 'bench',
    log,
    campaign,
    connections: 'auto',
    dial: (s) => dial({ address, identity, peer, peers, signal: s }),
  });
  opened.start();
  await opened.connected(signal);
  return opened;
}

/** The tools of a move as far as a disk's transfer asks for them. */
function toolsFor(campaign: string, path: string): Tools {
  const source: Pick<SourceCloud, 'open'> = { open: () => openDisk(path, signal) };
  const tools: Pick<Tools, 'campaign' | 'source' | 'folder' | 'onDisk' | 'signal'> = {
    campaign,
    source: source as SourceCloud,
    folder: join(state, 'campaigns', campaign),
    onDisk: () => undefined,
    signal,
  };
  return tools as Tools;
}

async function moveDisks(campaign: string, disks: readonly OrderedDisk[], parallel: number, control: boolean): Promise<Moved> {
  const began = performance.now();
  const peer = await connect(campaign);
  const offer = offerDisk(peer, workers);
  const trips: number[] = [];
  const over = new AbortController();
  const asking = control ? askControl(peer, campaign, trips, over.signal) : Promise.resolve();
  const sealed: unknown[] = [];
  await inParallel(disks, parallel, async ({ server, disk, path }) => {
    const move = { server: { id: server } } as Move;
    const snapshot = { id: `snapshot-${disk}`, disk, format: 'raw', size: 0, round: 1 } as Snapshot;
    sealed.push(await offer(move, { kind: 'disk', id: disk } as Move['disks'][number], snapshot, toolsFor(campaign, path)));
  });
  const seconds = (performance.now() - began) / 1000;
  over.abort();
  await asking;
  await peer.stop('The transfer is over.');
  return { seconds, sealed, trips };
}

/** Sends control messages for some seconds over a line that carries nothing else. */
async function listen(campaign: string, seconds: number): Promise<Moved> {
  const peer = await connect(campaign);
  const trips: number[] = [];
  const over = new AbortController();
  const asking = askControl(peer, campaign, trips, over.signal);
  await sleep(seconds * 1000);
  over.abort();
  await asking;
  await peer.stop('Enough was heard.');
  return { seconds, sealed: [], trips };
}

/**
 * Sends a cheap request again and again, without waiting for answers, and records how long each
 * answer takes: milliseconds.
 */
async function askControl(peer: Peer, campaign: string, trips: number[], over: AbortSignal): Promise<void> {
  const asking = new Set<Promise<void>>();
  while (!over.aborted) {
    const asked = performance.now();
    const answer = peer.ask('resource.remove', { campaign, ref: 'network/none' }, signal).then(() => {
      trips.push(performance.now() - asked);
      asking.delete(answer);
    });
    asking.add(answer);
    if (asking.size >= mostAsked) await Promise.race(asking);
    await sleep(controlEveryMs);
  }
  await Promise.all(asking);
}

async function configure(campaign: string, configurations: Configurations): Promise<void> {
  const peer = await connect(campaign);
  await peer.ask('campaign.configure', { campaign, configurations }, signal);
  await peer.stop('The campaign is configured.');
}

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'pair':
      await pairWith({ address: order.address, code: order.code, name: 'bench', identity, peers, signal });
      return {};
    case 'configure':
      // As it does when a campaign begins, long before its first disk.
      workers.start();
      await configure(order.campaign, order.configurations);
      return {};
    case 'listen':
      return listen(order.campaign, order.seconds);
    case 'move':
      return moveDisks(order.campaign, order.disks, order.parallel, order.control);
  }
}

// SIGTERM ends it in order, so that a profiler gets its say.
process.once('SIGTERM', () => process.exit(0));

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await obey(JSON.parse(line) as Order).catch((error: Error) => ({ error: error.stack ?? error.message }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);

import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { Connection } from '../../../../protocol/connection/connection.ts';
import { dial } from '../../../../protocol/transport/dial.ts';
import type { Identity } from '../../../../protocol/transport/identity.ts';
import type { PairedPeer } from '../../../../protocol/transport/peers.ts';
import { Campaigns } from '../../../../receiver/campaign/campaigns.ts';
import { Sessions } from '../../../../receiver/session/sessions.ts';
import type { DestinationCloud } from '../../../../shared/cloud/destination-cloud.ts';
import { WorkerPool } from '../../../../shared/disk/worker-pool.ts';
import { Problem } from '../../../../shared/problem.ts';
import { options, senderHandlers } from '../../../support/protocol.ts';
import { aFolder, aHouse, aReceiver, type House, pair, type Receiver, untilTestEnds } from '../../protocol/transport/house.ts';

const log = pino({ level: 'silent' });

/** A receiver without a cloud, which keeps disks by their owner, and listens. */
export interface PairedSite {
  readonly state: string;
  readonly campaigns: Campaigns;
  readonly sessions: Sessions;
  readonly receiver: Receiver;
}

export async function aPairedSite(cloud: () => Promise<DestinationCloud> = noCloud): Promise<PairedSite> {
  const state = await aFolder();
  const campaigns = someCampaigns(state);
  const sessions = new Sessions({ name: 'cloud-b', release: '0.0.0', state, campaigns, cloud, log, windowBytes: 1024 * 1024 });
  const receiver = await aReceiver({ onSocket: (socket, peer) => sessions.serve(socket, peer) });
  return { state, campaigns, sessions, receiver };
}

/** The campaigns of a state directory, as a daemon that was just started has them. */
export function someCampaigns(state: string): Campaigns {
  const workers = new WorkerPool({ size: 1, buffers: 4 });
  const campaigns = new Campaigns(state, {
    cloud: noCloud,
    workers,
    log,
    directIo: true,
    keptFor: (owner) => join(state, 'kept', owner),
    images: { images: 'none', mostBytes: 0 },
  });
  onTestFinished(async () => {
    await campaigns.close();
    await workers.close();
  });
  return campaigns;
}

/** A sender that is paired with a site. */
export interface PairedSender extends House {
  readonly peer: PairedPeer;
}

export async function aPairedSender({ receiver }: PairedSite): Promise<PairedSender> {
  const house = await aHouse('sender');
  return { ...house, peer: await pair(house, receiver) };
}

/** A greeted connection of a sender, with another of its keys where one is given. */
export async function connect(
  { receiver }: PairedSite,
  { peer, peers, identity }: PairedSender,
  more: { readonly identity?: Identity; readonly nextKey?: string } = {},
): Promise<Connection<'sender'>> {
  const socket = await dial({ address: receiver.address, peer, peers, identity, ...more, signal: untilTestEnds() });
  const connection = new Connection(socket, options('sender'));
  await connection.open(senderHandlers());
  return connection;
}

/** What a request is refused with, as it travels. */
export async function refusalOf(asked: Promise<unknown>): Promise<{ code: string; says: string; hint: string }> {
  const error = await asked.then(
    (answer) => Promise.reject(new Error(`It was answered: ${JSON.stringify(answer)}`)),
    (thrown: unknown) => thrown,
  );
  if (error instanceof Problem) return error.toJSON();
  throw error;
}

function noCloud(): Promise<never> {
  return Promise.reject(new Problem('E_CLOUD_UNREACHABLE', 'There is no cloud.'));
}

import { z } from 'zod';
import { command, stream } from '../../../shared/control/command.ts';
import { Nothing } from '../../../shared/control/params.ts';
import { asProblem } from '../../../shared/problem.ts';
import type { CampaignStatus } from '../../campaign/campaign-status.ts';
import type { BandwidthStatus } from '../../receiver/bandwidth.ts';
import { receiverOf } from '../../receiver/link.ts';
import type { DamagedStatus } from '../campaign-set.ts';
import type { SenderContext } from '../context.ts';

/** What `sender status` shows. */
export interface SenderStatus {
  readonly release: string;
  readonly peer: {
    readonly name: string;
    readonly address: string;
    readonly state: 'connected' | 'connecting' | 'unpaired';
    readonly says: string;
  } | null;
  readonly bandwidth: BandwidthStatus;
  readonly campaigns: readonly CampaignStatus[];
  /** Campaigns whose files cannot be read; absent where there is none. */
  readonly damaged?: readonly DamagedStatus[] | undefined;
}

/** Where everything stands. */
export const status = command({
  does: 'Show the connection to the receiver and every campaign: what moves, how far it is, and what stops it.',
  params: Nothing,
  run: async (_, context: SenderContext) => await statusNow(context),
});

/** Where everything stands, now and after every change. */
export const watch = stream({
  does: 'Stay and show the status whenever it changes; with --json one object per line.',
  params: Nothing,
  run: async function* (_, context: SenderContext, signal) {
    while (!signal.aborted) {
      yield await statusNow(context);
      await context.changes.wait(signal);
    }
  },
});

/** Puts campaigns that are over out of the way. */
export const prune = command({
  does: 'Move campaigns that were committed or rolled back out of the status: their folders go to `archive` in the state directory, and nothing is deleted.',
  params: z.object({ days: z.number().min(0).max(36_500) }),
  run: async ({ days }, { campaigns }: SenderContext): Promise<readonly CampaignStatus[]> =>
    await campaigns.prune(Date.now() - days * 86_400_000),
});

/** Shows the limit on what is sent; sets it where one is given. */
export const bandwidth = command({
  does: 'Show or limit the rate at which all campaigns together send. The limit holds until the daemon stops; `bandwidth` in the configuration lasts.',
  params: z.object({ limit: z.string().max(100).optional() }),
  run: async ({ limit }, { bandwidth: limiter, changes }: SenderContext) => {
    if (limit !== undefined) limiter.ask(limit);
    changes.notify();
    return limiter.status();
  },
});

async function statusNow(context: SenderContext): Promise<SenderStatus> {
  const { release, bandwidth: limiter, campaigns } = context;
  const damaged = campaigns.damaged();
  return {
    release,
    peer: await peerStatus(context),
    bandwidth: limiter.status(),
    campaigns: campaigns.statuses(),
    ...(damaged.length === 0 ? {} : { damaged }),
  };
}

async function peerStatus({ link, peer }: SenderContext): Promise<SenderStatus['peer']> {
  try {
    const { name, address } = await receiverOf(link.peers);
    return { name, address, state: peer.state.state, says: peer.state.says };
  } catch (error) {
    const problem = asProblem(error);
    if (problem.code === 'E_PEER_UNPAIRED') return null;
    // Whatever the list of peers says, the campaigns are there.
    return { name: 'a receiver', address: link.peers.path, state: 'unpaired', says: problem.message };
  }
}

import { z } from 'zod';
import { firstKeyOf } from '../../../protocol/transport/peers.ts';
import { wholeId } from '../../../shared/campaign-id.ts';
import { command } from '../../../shared/control/command.ts';
import { freeBytes } from '../../../shared/disk/free.ts';
import { asProblem, Problem } from '../../../shared/problem.ts';
import type { Campaigns, Overview } from '../../campaign/campaigns.ts';
import { operator } from '../../campaign/owner.ts';
import type { ReceiverContext } from '../context.ts';

/** What `receiver status` shows. */
export interface ReceiverStatus {
  readonly release: string;
  readonly listening: string;
  /** Lanes are further connections of a session that carry data only. */
  readonly sessions: readonly {
    readonly peer: string;
    readonly campaign: string | null;
    readonly since: string;
    readonly lanes: number;
  }[];
  readonly campaigns: readonly {
    readonly id: string;
    /** `damaged`: what is stored of it cannot be read, and `problem` says why. */
    readonly state: string;
    readonly problem?: string;
    /** The sender that owns it, `operator`, or null where that sender is not paired. */
    readonly owner: string | null;
    readonly built: number;
    readonly disks: readonly {
      readonly id: string;
      readonly sizeBytes: number;
      readonly durableBytes: number;
      /**
       * Blocks that were wrong on the wire, in a donor or on our own disk, and were pulled again.
       */
      readonly mended: number;
      readonly sealed: boolean;
    }[];
  }[];
  /**
   * Campaigns that are committed or removed; `campaigns` has the newest of them, behind the others.
   */
  readonly endedCampaigns: number;
  readonly stagingFreeBytes: number;
}

/** One line of the ledger, as `receiver ledger` shows it. */
export interface LedgerLine {
  readonly campaign: string;
  readonly ref: string;
  /** `released`: what was adopted, and is left as it is. */
  readonly state: 'intended' | 'built' | 'removed' | 'released';
  readonly id: string | null;
  readonly how: string | null;
}

/** What stands for the lines of a ledger that cannot be read, and hides no other. */
export interface DamagedLine {
  readonly campaign: string;
  readonly state: 'damaged';
  readonly problem: string;
}

/** Most ended campaigns that are listed at once. */
export const mostEnded = 10_000;

/** Where everything stands on this side. */
export const status = command({
  does: 'Show which senders are connected and how far each campaign is on this side; `sender status` shows whole moves.',
  params: z.object({ ended: z.int().min(0).max(mostEnded).default(10) }),
  run: async ({ ended }, { release, listening, state, sessions, campaigns, peers }: ReceiverContext): Promise<ReceiverStatus> => {
    const all = await campaigns.overview(ended);
    // Whatever the list of peers says, the campaigns are there.
    const paired = await peers.list().catch(() => null);
    const names = new Map((paired ?? []).map((peer) => [firstKeyOf(peer), peer.name]));
    const stranger = paired === null ? `a sender that ${peers.path} cannot tell` : null;
    const ownerOf = async (id: string): Promise<string | null> => {
      const owner = await campaigns.ownerOf(id).catch(() => null);
      return owner === operator ? operator : (names.get(owner ?? '') ?? stranger);
    };
    return {
      release,
      listening,
      sessions: sessions.status(),
      campaigns: await Promise.all(
        [...all.live, ...all.ended].map(async (one) => campaignStatus(one, campaigns, await ownerOf(one.id))),
      ),
      endedCampaigns: all.endedCount,
      stagingFreeBytes: await freeBytes(state),
    };
  },
});

/** What was built for which resource, of all campaigns or of one. */
export const ledger = command({
  does: 'Show what this receiver built for each resource of the source. It never removes anything else.',
  params: z.object({ campaign: z.string().min(1).optional() }),
  run: async ({ campaign }, { campaigns }: ReceiverContext): Promise<readonly (LedgerLine | DamagedLine)[]> => {
    const all = await campaigns.ids();
    if (campaign !== undefined) {
      const id = wholeId(campaign, all, '`receiver status` lists the campaigns.');
      return linesOf(id, await campaigns.look(id));
    }
    const lines: (LedgerLine | DamagedLine)[] = [];
    for (const id of all) {
      const look = await campaigns.look(id).catch((error: unknown) => asProblem(error));
      if (look instanceof Problem) lines.push({ campaign: id, state: 'damaged', problem: look.message });
      else lines.push(...linesOf(id, look));
    }
    return lines;
  },
});

function linesOf(campaign: string, ledgerOf: Awaited<ReturnType<Campaigns['look']>>): LedgerLine[] {
  return ledgerOf.entries().map((entry) => {
    const there = entry.state === 'built' || entry.state === 'released' ? entry : null;
    return { campaign, ref: entry.ref, state: entry.state, id: there?.id ?? null, how: there?.how ?? null };
  });
}

async function campaignStatus(
  { id, state, built }: Overview['live'][number],
  campaigns: Campaigns,
  owner: string | null,
): Promise<ReceiverStatus['campaigns'][number]> {
  // One that cannot be read hides no other.
  if (state instanceof Problem) return { id, state: 'damaged', problem: state.message, owner: null, built, disks: [] };
  const copies = (await campaigns.opened(id))?.disks.copies() ?? [];
  const disks = copies.map((copy) => ({
    id: copy.id,
    sizeBytes: copy.size,
    durableBytes: copy.durable,
    mended: copy.mended,
    sealed: false,
  }));
  return { id, state, owner, built, disks };
}

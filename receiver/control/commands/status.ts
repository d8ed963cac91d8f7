import { z } from 'zod';
import { firstKeyOf } from '../../../protocol/transport/peers.ts';
import { command } from '../../../shared/control/command.ts';
import { Nothing } from '../../../shared/control/params.ts';
import { freeBytes } from '../../../shared/disk/free.ts';
import { asProblem } from '../../../shared/problem.ts';
import type { Campaigns } from '../../campaign/campaigns.ts';
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
  readonly stagingFreeBytes: number;
}

/** One line of the ledger, as `receiver ledger` shows it. */
export interface LedgerLine {
  readonly campaign: string;
  readonly ref: string;
  readonly state: 'intended' | 'built' | 'removed';
  readonly id: string | null;
  readonly how: string | null;
}

/** Where everything stands on this side. */
export const status = command({
  does: 'Show which senders are connected and how far each campaign is on this side; `sender status` shows whole moves.',
  params: Nothing,
  run: async (_, { release, listening, state, sessions, campaigns, peers }: ReceiverContext): Promise<ReceiverStatus> => {
    const ids = await campaigns.ids();
    const names = new Map((await peers.list()).map((peer) => [firstKeyOf(peer), peer.name]));
    const ownerOf = async (id: string): Promise<string | null> => {
      const owner = await campaigns.ownerOf(id).catch(() => null);
      return owner === operator ? operator : (names.get(owner ?? '') ?? null);
    };
    return {
      release,
      listening,
      sessions: sessions.status(),
      campaigns: await Promise.all(
        ids.map(async (id) => campaignStatus(id, campaigns, await ownerOf(id)).catch((error) => damaged(id, error))),
      ),
      stagingFreeBytes: await freeBytes(state),
    };
  },
});

/** What was built for which resource, of all campaigns or of one. */
export const ledger = command({
  does: 'Show what this receiver built for each resource of the source. It never removes anything else.',
  params: z.object({ campaign: z.string().min(1).optional() }),
  run: async ({ campaign }, { campaigns }: ReceiverContext): Promise<readonly LedgerLine[]> => {
    const ids = campaign === undefined ? await campaigns.ids() : [campaign];
    const lines: LedgerLine[] = [];
    for (const id of ids) {
      const known = await campaigns.known(id);
      for (const entry of known.ledger.entries()) {
        const built = entry.state === 'built' ? entry : null;
        lines.push({ campaign: id, ref: entry.ref, state: entry.state, id: built?.id ?? null, how: built?.how ?? null });
      }
    }
    return lines;
  },
});

async function campaignStatus(
  id: string,
  campaigns: Campaigns,
  owner: string | null,
): Promise<ReceiverStatus['campaigns'][number]> {
  const campaign = await campaigns.known(id);
  const built = campaign.ledger.entries().filter(({ state }) => state === 'built').length;
  const disks = campaign.disks
    .copies()
    .map((copy) => ({ id: copy.id, sizeBytes: copy.size, durableBytes: copy.durable, mended: copy.mended, sealed: false }));
  return { id, state: campaign.ledger.standing, owner, built, disks };
}

/** One that cannot be opened hides no other. */
function damaged(id: string, error: unknown): ReceiverStatus['campaigns'][number] {
  return { id, state: 'damaged', problem: asProblem(error).message, owner: null, built: 0, disks: [] };
}

import type { DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import { inParallel } from '../../shared/concurrency/parallel.ts';
import type { Concern } from '../../shared/model/concern.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { networkSideOf } from '../../shared/model/network-side.ts';
import { kindOf, type Ref, refOf } from '../../shared/model/resource.ts';
import { asProblem, Problem } from '../../shared/problem.ts';
import type { Campaigns } from './campaigns.ts';
import type { Owner } from './owner.ts';

/** Resources that are looked for at once. */
const width = 4;

/** What an earlier campaign of the same sender built for a resource, and still stands. */
interface EarlierResource {
  readonly ref: Ref;
  readonly id: string;
  readonly campaign: string;
  /** Of a floating IP. */
  readonly address?: string | undefined;
}

/** What stands of earlier campaigns, and concerns about those that may still be rolled back. */
export interface EarlierFound {
  readonly earlier: readonly EarlierResource[];
  readonly concerns: readonly Concern[];
}

/**
 * Finds what committed campaigns of an owner built for the network side of a document, by their
 * ledgers, and opens none: a further campaign can adopt it. A campaign that is not committed may
 * take it away; one whose ledger cannot be read is named.
 */
export async function findEarlier(
  campaigns: Campaigns,
  owner: Owner,
  document: Configurations,
  cloud: Pick<DestinationCloud, 'isThere'>,
  signal: AbortSignal,
): Promise<EarlierFound> {
  const wanted = new Set(networkSideOf(document).map(({ kind, id }) => refOf(kind, id)));
  const built = new Map<Ref, EarlierResource[]>();
  const concerns: Concern[] = [];
  for (const campaign of await campaigns.ids()) {
    signal.throwIfAborted();
    if (campaign === document.campaign || (await campaigns.ownerOf(campaign).catch(() => null)) !== owner) continue;
    const ledger = await campaigns.look(campaign).catch((error: unknown) => asProblem(error));
    if (ledger instanceof Problem) {
      concerns.push(unreadable(campaign, ledger));
      continue;
    }
    const own = ledger.entries().flatMap((entry) => {
      if (entry.state !== 'built' || entry.how === 'adopted' || !wanted.has(entry.ref)) return [];
      return [{ ref: entry.ref, id: entry.id, campaign, address: entry.detail?.['address'] }];
    });
    if (ledger.standing === 'committed') for (const one of own) built.set(one.ref, [...(built.get(one.ref) ?? []), one]);
    else if (own.length > 0 && ledger.standing !== 'removed') concerns.push(uncommitted(campaign, own.length));
  }
  const earlier: EarlierResource[] = [];
  await inParallel([...built.values()], width, async (candidates) => {
    const one = await firstThere(candidates, cloud, signal);
    if (one !== undefined) earlier.push(one);
  });
  return { earlier: earlier.sort((a, b) => kindOf(a.ref).localeCompare(kindOf(b.ref)) || a.ref.localeCompare(b.ref)), concerns };
}

/** Several campaigns may have built a resource, of which the tenant deleted one since. */
async function firstThere(
  candidates: readonly EarlierResource[],
  cloud: Pick<DestinationCloud, 'isThere'>,
  signal: AbortSignal,
): Promise<EarlierResource | undefined> {
  for (const one of candidates) if (await cloud.isThere(one.ref, one.id, signal)) return one;
  return undefined;
}

function unreadable(campaign: string, problem: Problem): Concern {
  return {
    code: 'campaign.unreadable',
    severity: 'warning',
    says: `What campaign ${campaign} built is not known, and is not adopted: ${problem.message}`,
    remedy: 'See `receiver status` at the receiver. What it built can be mapped by hand in the plan.',
  };
}

function uncommitted(campaign: string, count: number): Concern {
  return {
    code: 'campaign.uncommitted',
    severity: 'warning',
    says: `Campaign ${campaign} built ${count} resources of this network side and is not committed: they would be built a second time.`,
    remedy: 'Run `sender commit` for it first, and plan again: what it built is then adopted.',
  };
}

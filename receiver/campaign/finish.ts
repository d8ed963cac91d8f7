import type { DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import { inParallel } from '../../shared/concurrency/parallel.ts';
import { kindOf, type Ref } from '../../shared/model/resource.ts';
import { asProblem } from '../../shared/problem.ts';
import type { Ledger } from './ledger.ts';

/** Resources that are finished at once: a cloud answers a few calls together. */
const width = 4;

/** Longest wait for one resource: milliseconds. */
const timeoutMs = 60_000;

/** Problems that are about one resource alone, and which no retry changes. */
const refusals: ReadonlySet<string> = new Set(['E_FORBIDDEN', 'E_CLOUD_REFUSED', 'E_CONFLICT', 'E_MICROVERSION']);

/** What becomes of the images that the disks of moved servers were registered as. */
export type Images = 'keep' | 'remove';

/** What a commit left at the destination that is no part of the tenant, and why. */
export interface Remainder {
  /** Images of moved servers that stay, by the ref of their disk. */
  readonly images: readonly { readonly ref: Ref; readonly id: string; readonly why: string }[];
  /** What still carries our stamp. */
  readonly stamped: readonly { readonly ref: Ref; readonly why: string }[];
}

/** What finishing a campaign works with. */
export interface FinishTools {
  readonly campaign: string;
  readonly ledger: Ledger;
  readonly cloud: () => Promise<DestinationCloud>;
  readonly signal: AbortSignal;
}

/**
 * Makes what a committed campaign built the tenant's own: takes our stamps away, and removes the
 * images of its servers where that is wanted. The ledger notes each, so that a repeat goes on where
 * it was cut. What the cloud refuses is named and stops nothing else; throws what may pass.
 */
export async function finish(tools: FinishTools, images: Images): Promise<Remainder> {
  const { ledger } = tools;
  const stamped: Remainder['stamped'][number][] = [];
  const kept: Remainder['images'][number][] = [];
  const entries = ledger.entries().flatMap((entry) => (entry.state === 'built' && entry.how !== 'adopted' ? [entry] : []));
  await inParallel(entries, width, async ({ ref, id, bare }) => {
    if (bare) return;
    const isImage = kindOf(ref) === 'disk';
    if (isImage && images === 'keep') {
      kept.push({ ref, id, why: 'the cloud rebuilds, rescues and evacuates its server from it' });
      return;
    }
    const why = await refusal(() => (isImage ? remove(tools, ref, id) : unstamp(tools, ref, id)));
    if (why === null) await ledger.bared(ref);
    else if (isImage) kept.push({ ref, id, why });
    else stamped.push({ ref, why });
  });
  return { images: kept, stamped };
}

async function unstamp({ campaign, cloud, signal }: FinishTools, ref: Ref, id: string): Promise<void> {
  await (await cloud()).unstamp(ref, id, campaign, { timeoutMs, signal });
}

async function remove({ campaign, cloud, signal }: FinishTools, ref: Ref, id: string): Promise<void> {
  await (await cloud()).remove(ref, id, campaign, { timeoutMs, signal });
}

/** Why the cloud refuses something; null where it does it. Throws every other problem. */
async function refusal(work: () => Promise<void>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    const problem = asProblem(error);
    if (!refusals.has(problem.code)) throw problem;
    return problem.message;
  }
}

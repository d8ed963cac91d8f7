import { setTimeout as sleep } from 'node:timers/promises';
import type { Result } from '../../protocol/messages.ts';
import type { DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import { inParallel } from '../../shared/concurrency/parallel.ts';
import { kindOf, type Ref } from '../../shared/model/resource.ts';
import { asProblem, type Problem } from '../../shared/problem.ts';
import type { Ledger } from './ledger.ts';

/** Resources that are finished at once: a cloud answers a few calls together. */
const width = 4;

/** Longest wait for one resource: milliseconds. */
const timeoutMs = 60_000;

/** Pauses before what failed, and may pass, is tried again: milliseconds. */
const pausesMs = [2_000, 10_000];

/** What becomes of the images that the disks of moved servers were registered as. */
export type Images = 'keep' | 'remove';

/**
 * What a commit left at the destination that is no part of the tenant, as the sender is told it.
 */
export type Remainder = NonNullable<Result<'campaign.commit'>['left']>;

/** What finishing a campaign works with. */
export interface FinishTools {
  readonly campaign: string;
  readonly ledger: Ledger;
  readonly cloud: () => Promise<DestinationCloud>;
  readonly signal: AbortSignal;
}

/** One resource that is to be finished. */
interface Unfinished {
  readonly ref: Ref;
  readonly id: string;
}

/** One that could not be finished, and why. */
interface Undone extends Unfinished {
  readonly problem: Problem;
}

/**
 * Makes what a committed campaign built the tenant's own: takes our stamps away, and removes the
 * images of its servers where that is wanted. The ledger notes each, so that a repeat goes on where
 * it was cut. What the cloud does not do, also when it is asked again, is named and stops nothing
 * else: the source servers must be retired. Throws E_CANCELLED, and problems of the ledger.
 */
export async function finish(tools: FinishTools, images: Images): Promise<Remainder> {
  const entries = tools.ledger
    .entries()
    .flatMap((entry) => (entry.state === 'built' && entry.how !== 'adopted' && !entry.bare ? [entry] : []));
  const stays = (entry: Unfinished): boolean => images === 'keep' && isImage(entry);
  const wanted = entries.filter((entry) => !stays(entry));
  let undone = await finishAll(tools, wanted);
  for (const pauseMs of pausesMs) {
    const passing = undone.filter(({ problem }) => problem.retry === 'later');
    if (passing.length === 0) break;
    await sleep(pauseMs, undefined, { signal: tools.signal });
    const refused = undone.filter((one) => !passing.includes(one));
    undone = [...refused, ...(await finishAll(tools, passing))];
  }
  const why = 'the cloud rebuilds, rescues and evacuates its server from it';
  const keptImages = entries.filter(stays).map(({ ref, id }) => ({ ref, id, why }));
  const leftImages = undone.filter(isImage).map(({ ref, id, problem }) => ({ ref, id, why: problem.message }));
  const stamped = undone.filter((one) => !isImage(one)).map(({ ref, problem }) => ({ ref, why: problem.message }));
  return { images: [...keptImages, ...leftImages], stamped };
}

function isImage({ ref }: Unfinished): boolean {
  return kindOf(ref) === 'disk';
}

/** Tries each entry once; returns those that could not be finished. */
async function finishAll(tools: FinishTools, entries: readonly Unfinished[]): Promise<Undone[]> {
  const undone: Undone[] = [];
  await inParallel(entries, width, async ({ ref, id }) => {
    const problem = await problemOf(tools, { ref, id });
    if (problem === null) await tools.ledger.bared(ref);
    else undone.push({ ref, id, problem });
  });
  return undone;
}

/** Why one entry could not be finished; null where it was. Throws where we were interrupted. */
async function problemOf({ campaign, cloud, signal }: FinishTools, entry: Unfinished): Promise<Problem | null> {
  const { ref, id } = entry;
  const patience = { timeoutMs, signal };
  try {
    const destination = await cloud();
    if (isImage(entry)) await destination.remove(ref, id, campaign, patience);
    else await destination.unstamp(ref, id, campaign, patience);
    return null;
  } catch (error) {
    signal.throwIfAborted();
    return asProblem(error);
  }
}

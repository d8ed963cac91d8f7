import { Problem } from '../../../shared/problem.ts';
import { attemptOf } from '../../migration/attempt.ts';
import { wasStopped } from '../../migration/durations.ts';
import type { Campaign } from '../campaign.ts';
import { holdDrifted } from '../drift.ts';
import { areTooMany, throwFailures } from '../failures.ts';
import { awaitFirstHalf, type Batch, batchesOf } from '../rolling-wave.ts';
import { isInterrupted, type Step, type StepEnd, type StepTools } from '../step.ts';
import { moveBatch, wantsMoves } from '../wave.ts';
import { releaseRounds } from './pause.ts';

/**
 * Moves every unmoved server, wave after wave; stops as soon as the operator wants something else.
 * Once more servers failed than the plan allows, only those that an interruption left half-way are
 * taken back or arrive. Throws what failed once the others have moved.
 */
export async function moveWaves(campaign: Campaign, tools: StepTools, step: Step): Promise<StepEnd | undefined> {
  try {
    const gated: Problem[] = [];
    // At the start the plan was held against both clouds a moment ago.
    let isFresh = isFirstRun(campaign, step);
    for (const batch of batchesOf(campaign)) {
      const why = areTooMany(campaign) ? null : await whyNotBegun(campaign, batch, tools, step);
      if (why !== null) gated.push(why);
      if (why === null && !isFresh && mayHold(campaign))
        await holdDrifted(campaign, unmovedOf(campaign, batch), tools, step.name);
      isFresh = false;
      // Also where none may begin: what an interruption left half-way is taken back, or arrives.
      await moveBatch(campaign, unmovedOf(campaign, batch), tools, why === null);
      if (!wantsMoves(campaign)) {
        await releaseRounds(campaign, tools);
        return { rests: 'paused' };
      }
    }
    throwFailures(campaign);
    const [first] = gated;
    if (first !== undefined) throw first;
    const left = batchesOf(campaign).flatMap((batch) => unmovedOf(campaign, batch));
    if (left.length > 0) throw new Problem('E_BUG', `${left.length} servers were neither moved nor failed.`);
  } catch (error) {
    // The failure is reported first; a snapshot that cannot be deleted now keeps its stamp and is
    // found later.
    if (!isInterrupted(tools)) await releaseRounds(campaign, tools).catch(() => undefined);
    throw error;
  }
  return undefined;
}

/** Whether the step runs for the first time. */
function isFirstRun({ journal }: Campaign, { name }: Step): boolean {
  return journal.facts.filter((fact) => fact.fact === 'begun' && fact.server === null && fact.phase === name).length < 2;
}

/** Whether servers are still begun, and built by a receiver. */
function mayHold(campaign: Campaign): boolean {
  return campaign.plan.to === 'receiver' && wantsMoves(campaign) && !areTooMany(campaign);
}

function unmovedOf(campaign: Campaign, { moves }: Batch): Batch['moves'] {
  return moves.filter(({ server }) => !campaign.moved(server.id));
}

/**
 * Why the second half of a rolling wave is not begun; null where it may be, and for every other
 * batch.
 */
async function whyNotBegun(campaign: Campaign, batch: Batch, tools: StepTools, { pausesAt }: Step): Promise<Problem | null> {
  const left = unmovedOf(campaign, batch);
  // A server that an interruption left stopped does not wait for the first half, which was healthy
  // when this server began.
  const isNew = !left.some(({ server: { id } }) => wasStopped(attemptOf(campaign.journal.facts, id).facts));
  if (left.length === 0 || !isNew || batch.after.length === 0 || campaign.plan.to !== 'receiver') return null;
  return pausesAt === undefined ? null : awaitFirstHalf(campaign, batch, tools, pausesAt);
}

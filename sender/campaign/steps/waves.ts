import { attemptOf } from '../../migration/attempt.ts';
import { wasStopped } from '../../migration/durations.ts';
import type { Campaign } from '../campaign.ts';
import { awaitFirstHalf, batchesOf } from '../rolling-wave.ts';
import { isInterrupted, type Step, type StepEnd, type StepTools } from '../step.ts';
import { moveBatch, wantsMoves } from '../wave.ts';
import { releaseRounds } from './pause.ts';

/**
 * Moves every unmoved server, wave after wave; stops as soon as the operator wants something else.
 */
export async function moveWaves(campaign: Campaign, tools: StepTools, { pausesAt }: Step): Promise<StepEnd | undefined> {
  for (const batch of batchesOf(campaign)) {
    const left = batch.moves.filter((move) => !campaign.moved(move.server.id));
    // A server that an interruption left stopped does not wait for the first half, which was
    // healthy when this server began.
    const isNew = !left.some(({ server: { id } }) => wasStopped(attemptOf(campaign.journal.facts, id).facts));
    const mayWait = left.length > 0 && isNew && batch.after.length > 0 && campaign.plan.to === 'receiver';
    try {
      if (mayWait && pausesAt !== undefined) await awaitFirstHalf(campaign, batch, tools, pausesAt);
      await moveBatch(campaign, left, tools);
    } catch (error) {
      // The failure is reported first; a snapshot that cannot be deleted now keeps its stamp and is
      // found later.
      if (!isInterrupted(tools)) await releaseRounds(campaign, tools).catch(() => undefined);
      throw error;
    }
    if (!wantsMoves(campaign)) {
      await releaseRounds(campaign, tools);
      return { rests: 'paused' };
    }
  }
  return undefined;
}

import { Problem } from '../../../shared/problem.ts';
import { attemptOf, isTurnedBack } from '../../migration/attempt.ts';
import { wasStopped } from '../../migration/durations.ts';
import { rollBack } from '../../migration/migrate.ts';
import type { Campaign } from '../campaign.ts';
import { forEachGroup } from '../each-server.ts';
import { throwFailures } from '../failures.ts';
import { migrationOf } from '../move-tools.ts';
import { cleanupSignal, type StepTools } from '../step.ts';
import { moveBatch } from '../wave.ts';

/**
 * Finishes the moves of servers that a restart found stopped, or their rollback where it had begun.
 */
export async function finishStopped(campaign: Campaign, tools: StepTools): Promise<undefined> {
  const { facts } = campaign.journal;
  const halted = AbortSignal.abort(new Problem('E_CANCELLED', 'The campaign is paused.'));
  for (const { moves } of campaign.moves()) {
    const unmoved = moves.filter(({ server: { id } }) => !campaign.moved(id));
    const groups = campaign.groupsOf(unmoved);
    const stopped = groups.filter((group) => group.some(({ server: { id } }) => wasStopped(attemptOf(facts, id).facts)));
    const back = stopped.filter((group) => group.some(({ server: { id } }) => isTurnedBack(facts, id)));
    const onward = stopped.filter((group) => !back.includes(group));
    const migration = migrationOf(campaign, tools);
    const takenBack = forEachGroup(back, tools, 'could not be rolled back', (group) => rollBack(group, migration));
    // The other servers arrive first, even if these fail.
    await takenBack.catch(() => undefined);
    await moveBatch(campaign, onward.flat(), { ...tools, halted });
    await takenBack;
  }
  throwFailures(campaign);
}

/** Deletes the snapshots of rounds: a resting campaign leaves none at the source. */
export async function releaseRounds({ id }: Campaign, tools: StepTools): Promise<undefined> {
  const signal = cleanupSignal(tools);
  for (const snapshot of await tools.source.snapshots(id, signal)) {
    if (snapshot.round > 0) await tools.source.release(snapshot.id, id, signal);
  }
}

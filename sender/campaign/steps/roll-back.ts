import { asProblem, Problem } from '../../../shared/problem.ts';
import { attemptOf } from '../../migration/attempt.ts';
import { exceptedFrom } from '../../migration/fact.ts';
import { rollBack } from '../../migration/migrate.ts';
import type { Move } from '../../migration/move.ts';
import type { Campaign } from '../campaign.ts';
import { forEachGroup } from '../each-server.ts';
import { keep } from '../keep.ts';
import { migrationOf } from '../move-tools.ts';
import { type StepEnd, type StepTools, workSignal } from '../step.ts';
import { totalsOf } from '../totals.ts';
import { commitAtReceiver } from './commit.ts';

/**
 * Rolls every move back, except those of servers that the operator keeps at the destination: where
 * their rollback was begun, they arrive there once more.
 */
export function rollBackAll(campaign: Campaign, tools: StepTools): Promise<undefined> {
  const kept = exceptedFrom(campaign.journal.facts, 'rollback', 'keep');
  return rollBackGroups(campaign, tools, () => true, kept);
}

/**
 * Rolls back the unfinished moves; moved servers stay at the destination, but for those of an
 * atomic group of which one has not moved.
 */
export function rollBackUnfinished(campaign: Campaign, tools: StepTools): Promise<undefined> {
  return rollBackGroups(campaign, tools, (move) => !campaign.moved(move.server.id));
}

/**
 * Has the receiver remove everything this campaign created. What cannot be removed is a problem,
 * and the next call retries it.
 */
export async function removeAtReceiver(campaign: Campaign, tools: StepTools): Promise<StepEnd | undefined> {
  const { id, journal } = campaign;
  if (exceptedFrom(journal.facts, 'rollback', 'keep').size > 0) return keepAtReceiver(campaign, tools);
  const { kept } = await tools.ask('campaign.remove', { campaign: id }, workSignal(tools));
  const first = kept[0];
  if (first === undefined) return undefined;
  throw new Problem(
    'E_CONFLICT',
    `${kept.length} things of this campaign could not be removed at the destination, first ${first.ref}: ${first.why}`,
    { about: first.ref, hint: 'Free it at the destination, then `sender rollback` again: it goes on with what is left.' },
  );
}

/**
 * Has the receiver keep the servers that the operator keeps, and what they may need. What was
 * prepared for the other servers is removed, and the totals are sent again, because those are gone.
 * Learns what stays beside the tenant.
 */
async function keepAtReceiver(campaign: Campaign, tools: StepTools): Promise<StepEnd> {
  const { id } = campaign;
  await removePrepared(campaign, tools).catch((error: unknown) => {
    // An earlier try has come as far as the commit, before which everything was removed.
    if (asProblem(error).code !== 'E_COMMITTED') throw error;
  });
  await tools.ask('campaign.completed', { campaign: id, totals: totalsOf(campaign) }, workSignal(tools));
  return commitAtReceiver(campaign, tools);
}

/** Removes the ports and floating IPs of the servers that have not moved. */
async function removePrepared(campaign: Campaign, tools: StepTools): Promise<void> {
  const { id } = campaign;
  const gone = campaign.moves().flatMap(({ moves }) => moves.filter(({ server }) => !campaign.moved(server.id)));
  for (const { ports, floatingIps } of gone)
    for (const ref of [...floatingIps, ...ports.toReversed()])
      await tools.ask('resource.remove', { campaign: id, ref }, workSignal(tools));
}

async function rollBackGroups(
  campaign: Campaign,
  tools: StepTools,
  which: (move: Move) => boolean,
  kept: ReadonlySet<string> = new Set(),
): Promise<undefined> {
  const groups = campaign.groupsOf(campaign.moves().flatMap(({ moves: wave }) => wave));
  const isBegun = ({ server }: Move): boolean => attemptOf(campaign.journal.facts, server.id).facts.length > 0;
  const back = groups.filter((group) => group.some(isBegun) && group.some(which)).reverse();
  await forEachGroup(back, tools, 'could not be rolled back', async (group) => {
    const migration = migrationOf(campaign, tools);
    // Of a group all are kept, or none.
    if (!group.every(({ server }) => kept.has(server.id))) return rollBack(group, migration);
    for (const move of group) await keep(campaign, move, migration, tools);
  });
}

import { Problem } from '../../../shared/problem.ts';
import { attemptOf } from '../../migration/attempt.ts';
import { rollBack } from '../../migration/migrate.ts';
import type { Move } from '../../migration/move.ts';
import type { Campaign } from '../campaign.ts';
import { migrationOf } from '../move-tools.ts';
import { type StepTools, workSignal } from '../step.ts';

/** Rolls every move back. */
export function rollBackAll(campaign: Campaign, tools: StepTools): Promise<undefined> {
  return rollBackMoves(campaign, tools, () => true);
}

/** Rolls back the moves that are not through; servers that have moved stay where they are. */
export function rollBackUnfinished(campaign: Campaign, tools: StepTools): Promise<undefined> {
  return rollBackMoves(campaign, tools, (move) => !campaign.moved(move.server.id));
}

/**
 * Has the receiver remove everything this campaign created. What cannot be removed is a problem,
 * and the next call tries again.
 */
export async function removeAtReceiver({ id }: Campaign, tools: StepTools): Promise<undefined> {
  const { kept } = await tools.ask('campaign.remove', { campaign: id }, workSignal(tools));
  const first = kept[0];
  if (first === undefined) return;
  throw new Problem(
    'E_CONFLICT',
    `${kept.length} things of this campaign could not be removed at the destination, first ${first.ref}: ${first.why}`,
    { about: first.ref, hint: 'Free it at the destination, then `sender rollback` again: it goes on with what is left.' },
  );
}

async function rollBackMoves(campaign: Campaign, tools: StepTools, which: (move: Move) => boolean): Promise<undefined> {
  const moves = campaign.moves().flatMap(({ moves: wave }) => wave);
  for (const move of moves.filter(which).reverse()) {
    if (attemptOf(campaign.journal.facts, move.server.id).facts.length > 0) await rollBack(move, migrationOf(campaign, tools));
  }
}

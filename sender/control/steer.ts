import { Problem } from '../../shared/problem.ts';
import { campaignStates, statesAllowing } from '../campaign/campaign-states.ts';
import type { CampaignState, CampaignStatus } from '../campaign/campaign-status.ts';
import { campaignItinerary } from '../campaign/itinerary.ts';
import { unfinishedIn } from '../campaign/left.ts';
import type { Runner, WishDetails } from '../campaign/runner.ts';
import { onlyWayOn } from '../campaign/way-on.ts';
import { endingAsked, type Wish } from '../migration/fact.ts';

/** The states of a campaign in which a wish can be asked for. */
export const possibleIn = {
  pause: statesAllowing('pause'),
  resume: statesAllowing('resume'),
  cancel: statesAllowing('cancel'),
  commit: statesAllowing('commit'),
  rollback: statesAllowing('rollback'),
};

/**
 * Gives a campaign another wish, where its state allows that; returns where it stands then. A
 * commit or rollback of one that has ended so finishes what that left, or changes nothing.
 */
export async function steer(
  runner: Runner,
  wish: Wish,
  states: readonly CampaignState[],
  details: WishDetails = {},
): Promise<CampaignStatus> {
  const { id, journal } = runner.campaign;
  const { state } = runner.status();
  if (campaignStates[state].isOver && campaignItinerary[wish].rests === state) {
    await repeat(runner, wish, details);
    return runner.status();
  }
  if (campaignStates[state].isCommitted) throw new Problem('E_COMMITTED', `Campaign ${id} is ${state}.`);
  if (campaignStates[state].rests === 'failed') {
    const ending = endingAsked(journal.facts);
    // Both `resume` and the wish itself continue what failed.
    if (ending !== null && (wish === 'run' || wish === ending.wish)) {
      await runner.wish(ending.wish, wish === 'run' ? { deleteSource: ending.deleteSource } : details);
      return runner.status();
    }
    const only = onlyWayOn(journal.facts);
    if (only !== null) throw halfWay(id, only);
  }
  if (!states.includes(state))
    throw new Problem('E_CAMPAIGN_STATE', `Campaign ${id} is ${state}; this can be asked of one that is ${states.join(', ')}.`);
  await runner.wish(wish, details);
  return runner.status();
}

/** Goes on with what an ended campaign has left at the destination; nothing where nothing is. */
async function repeat(runner: Runner, wish: Wish, details: WishDetails): Promise<void> {
  const { id, journal } = runner.campaign;
  const before = endingAsked(journal.facts)?.deleteSource ?? false;
  if (details.deleteSource === true && !before)
    throw new Problem(
      'E_COMMITTED',
      `Campaign ${id} is committed, and left its source servers locked; it deletes them no more.`,
      {
        hint: 'Unlock and delete them at the source by hand, if they are not needed.',
      },
    );
  if (unfinishedIn(runner.campaign) > 0) await runner.wish(wish, { deleteSource: before });
}

function halfWay(id: string, wish: 'commit' | 'rollback'): Problem {
  return wish === 'commit'
    ? new Problem('E_COMMITTED', `Campaign ${id} is half committed and can no longer be rolled back.`, {
        hint: 'Run `sender commit` again: it continues with what is left.',
      })
    : new Problem('E_CAMPAIGN_STATE', `Campaign ${id} is half rolled back.`, {
        hint: 'Run `sender rollback` again: it continues with what is left.',
      });
}

import { Problem } from '../../shared/problem.ts';
import type { CampaignStatus } from '../campaign/campaign-status.ts';
import type { Runner, WishDetails } from '../campaign/runner.ts';
import { onlyWayOn, type Wish } from '../migration/fact.ts';

type State = CampaignStatus['state'];

/** The states of a campaign in which a command has something to do. */
export const possibleIn = {
  pause: ['preparing', 'moving'],
  resume: ['paused', 'failed'],
  cutover: ['moving'],
  cancel: ['preparing', 'moving', 'paused', 'failed'],
  verify: ['ready'],
  commit: ['ready'],
  rollback: ['preparing', 'moving', 'paused', 'failed', 'ready', 'rolling back'],
} as const satisfies Record<string, readonly State[]>;

/** Gives a campaign another wish, where its state allows that; returns where it stands then. */
export async function steer(
  runner: Runner,
  wish: Wish,
  states: readonly State[],
  details: WishDetails = {},
): Promise<CampaignStatus> {
  const { id, journal } = runner.campaign;
  const { state } = runner.status();
  if (state === 'committed' || state === 'committing') throw new Problem('E_COMMITTED', `Campaign ${id} is ${state}.`);
  const only = onlyWayOn(journal.facts);
  if (state === 'failed' && only !== null) {
    // Both `resume` and the wish itself continue what was half done; nothing else may.
    if (wish !== 'run' && wish !== only.wish) throw halfWay(id, only.wish);
    await runner.wish(only.wish, wish === 'run' ? { deleteSource: only.deleteSource } : details);
    return runner.status();
  }
  if (!states.includes(state))
    throw new Problem('E_CAMPAIGN_STATE', `Campaign ${id} is ${state}; this can be asked of one that is ${states.join(', ')}.`);
  await runner.wish(wish, details);
  return runner.status();
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

import { Problem } from '../../shared/problem.ts';
import type { CampaignStatus } from './campaign-status.ts';

/**
 * The servers that `sender cutover` means: the named ones, which must be copied while they run or
 * wait for a window, or all that only wait for it. Throws E_NOT_FOUND, E_CAMPAIGN_STATE.
 */
export function toCutOver({ id, state, moves }: CampaignStatus, wanted: readonly string[]): string[] {
  if (wanted.length === 0) {
    const waiting = moves.filter((move) => move.warm?.waits || move.window !== null);
    if (waiting.length === 0)
      throw new Problem('E_CAMPAIGN_STATE', `Campaign ${id} is ${state}, and no server of it waits for its cutover.`);
    return waiting.map(({ server }) => server);
  }
  return wanted.map((name) => {
    const matches = moves.filter((move) => move.server === name || move.name === name);
    const [only] = matches;
    if (only === undefined || matches.length > 1)
      throw new Problem('E_NOT_FOUND', `${name} is ${only === undefined ? 'no' : 'more than one'} server of campaign ${id}.`);
    if (only.warm === null && only.window === null)
      throw new Problem(
        'E_CAMPAIGN_STATE',
        `Server ${only.name} is neither copied while it runs nor waits for a window; there is nothing to cut over.`,
        {
          about: `server/${only.server}`,
        },
      );
    return only.server;
  });
}

import { Problem } from '../../shared/problem.ts';
import type { CampaignStatus, MoveStatus } from './campaign-status.ts';

/** The servers of a campaign that are named by id or name, in that order. Throws E_NOT_FOUND. */
export function namedServers({ id, moves }: CampaignStatus, wanted: readonly string[]): MoveStatus[] {
  return wanted.map((name) => {
    const matches = moves.filter((move) => move.server === name || move.name === name);
    const [only] = matches;
    if (only === undefined || matches.length > 1)
      throw new Problem('E_NOT_FOUND', `${name} is ${only === undefined ? 'no' : 'more than one'} server of campaign ${id}.`);
    return only;
  });
}

/**
 * The named servers that a rollback leaves at the destination, by id. Throws E_CAMPAIGN_STATE where
 * one has not arrived.
 */
export function toKeepMoved(status: CampaignStatus, wanted: readonly string[]): string[] {
  return namedServers(status, wanted).map(({ server, name, state }) => {
    if (state === 'moved') return server;
    throw new Problem('E_CAMPAIGN_STATE', `Server ${name} has not arrived at the destination; there is nothing to keep there.`, {
      about: `server/${server}`,
    });
  });
}

import { Problem } from '../../shared/problem.ts';
import type { CampaignStatus } from './campaign-status.ts';
import { namedServers } from './named-servers.ts';

/**
 * The servers that `sender cutover` selects: the named ones, which must be in their rounds or wait
 * for a window, or all that wait for nothing else. Throws E_NOT_FOUND, E_CAMPAIGN_STATE.
 */
export function toCutOver(status: CampaignStatus, wanted: readonly string[]): string[] {
  const { id, state, moves } = status;
  if (wanted.length === 0) {
    const waiting = moves.filter((move) => move.warm?.waits || move.window !== null);
    if (waiting.length === 0)
      throw new Problem('E_CAMPAIGN_STATE', `Campaign ${id} is ${state}, and no server of it waits for its cutover.`);
    return waiting.map(({ server }) => server);
  }
  return namedServers(status, wanted).map(({ server, name, warm, window }) => {
    if (warm === null && window === null)
      throw new Problem(
        'E_CAMPAIGN_STATE',
        `Server ${name} is neither copied while it runs nor waits for a window; there is nothing to cut over.`,
        { about: `server/${server}` },
      );
    return server;
  });
}

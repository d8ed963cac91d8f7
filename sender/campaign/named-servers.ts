import { refOf } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import { exceptedFrom } from '../migration/fact.ts';
import type { Campaign } from './campaign.ts';
import type { CampaignStatus, MoveStatus } from './campaign-status.ts';
import { mayBeKept } from './keep.ts';

/** Characters of an id that name a server at the least. */
const fewest = 4;

/** Whether a word is the id, the beginning of the id, or the name of a server. */
function isCalled({ server, name }: MoveStatus, word: string): boolean {
  return server === word || name === word || (word.length >= fewest && server.startsWith(word));
}

/** Whether a campaign has every one of these servers. */
export function hasServers({ moves }: CampaignStatus, wanted: readonly string[]): boolean {
  return wanted.every((word) => moves.some((move) => isCalled(move, word)));
}

/**
 * The servers of a campaign that are named by name, id or the beginning of it, in that order.
 * Throws E_NOT_FOUND.
 */
export function namedServers({ id, moves }: CampaignStatus, wanted: readonly string[]): MoveStatus[] {
  return wanted.map((word) => {
    const matches = moves.filter((move) => isCalled(move, word));
    const [only] = matches;
    if (only === undefined) throw new Problem('E_NOT_FOUND', `${word} is no server of campaign ${id}.`);
    if (matches.length === 1) return only;
    const ids = matches.map(({ server }) => server).join(', ');
    throw new Problem('E_NOT_FOUND', `${word} is more than one server of campaign ${id}: ${ids}.`, {
      hint: 'Name it by its id, or by the beginning of its id.',
    });
  });
}

/**
 * The named servers that a rollback leaves at the destination, by id. Throws E_CAMPAIGN_STATE where
 * one has not arrived.
 */
export function toKeepMoved(campaign: Campaign, status: CampaignStatus, wanted: readonly string[]): string[] {
  return namedServers(status, wanted).map(({ server, name, state }) => {
    if (state === 'moved' || mayBeKept(campaign, server)) return server;
    throw new Problem('E_CAMPAIGN_STATE', `Server ${name} has not arrived at the destination; there is nothing to keep there.`, {
      about: `server/${server}`,
    });
  });
}

/**
 * Throws E_CAMPAIGN_STATE where a rollback would keep a server of an atomic group at the
 * destination and take another one back.
 */
export function mustKeepGroups(campaign: Campaign, keep: readonly string[], giveUp: readonly string[]): void {
  const before = exceptedFrom(campaign.journal.facts, 'rollback', 'keep');
  const kept = new Set([...before, ...keep].filter((id) => !giveUp.includes(id)));
  const torn = [...kept].map((id) => campaign.moveOf(id)).find(({ group }) => !group.every((id) => kept.has(id)));
  if (torn === undefined) return;
  const others = torn.group.filter((id) => !kept.has(id)).map((id) => campaign.moveOf(id).server.name);
  throw new Problem(
    'E_CAMPAIGN_STATE',
    `Server ${torn.server.name} shares volumes with ${others.join(', ')}: at both sides they would write to two copies of them.`,
    { about: refOf('server', torn.server.id), hint: 'Keep all of them, or none.' },
  );
}

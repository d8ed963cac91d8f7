import { Problem } from '../../shared/problem.ts';
import type { CampaignStatus } from '../control/commands.ts';

type State = CampaignStatus['state'];

/** The states in which a command has something to do. */
export const candidates = {
  pause: ['preparing', 'moving'],
  resume: ['paused', 'failed'],
  cutover: ['moving'],
  cancel: ['preparing', 'moving', 'paused', 'failed'],
  verify: ['ready'],
  commit: ['ready', 'committing'],
  rollback: ['preparing', 'moving', 'paused', 'failed', 'ready', 'rolling back'],
} as const satisfies Record<string, readonly State[]>;

/**
 * Finds the campaign a command is about: the one whose id, or the only one whose id's beginning, was given; without one, the only
 * one that the command has something to do with. Throws E_NOT_FOUND or E_USAGE, and names what there is.
 */
export function chooseCampaign(
  campaigns: readonly CampaignStatus[],
  wanted: string | undefined,
  states: readonly State[],
): string {
  if (wanted !== undefined) return named(campaigns, wanted).id;
  const fitting = campaigns.filter((campaign) => states.includes(campaign.state));
  if (fitting.length === 1 && fitting[0] !== undefined) return fitting[0].id;
  if (fitting.length > 1) throw new Problem('E_USAGE', `Which campaign? There are ${list(fitting)}.`);
  const says =
    campaigns.length === 0 ? 'There is no campaign yet.' : `No campaign is ${states.join(' or ')}: ${list(campaigns)}.`;
  throw new Problem('E_NOT_FOUND', says);
}

/** Finds the campaign that is looked at: the given one, or the one that started last. */
export function latestCampaign(campaigns: readonly CampaignStatus[], wanted: string | undefined): CampaignStatus {
  if (wanted !== undefined) return named(campaigns, wanted);
  const last = [...campaigns].sort((a, b) => a.startedAt.localeCompare(b.startedAt)).at(-1);
  if (last === undefined) throw new Problem('E_NOT_FOUND', 'There is no campaign yet.');
  return last;
}

function named(campaigns: readonly CampaignStatus[], wanted: string): CampaignStatus {
  const exact = campaigns.find((campaign) => campaign.id === wanted);
  const like = exact === undefined ? campaigns.filter((campaign) => campaign.id.startsWith(wanted)) : [exact];
  if (like.length === 1 && like[0] !== undefined) return like[0];
  const says =
    like.length > 1 ? `${JSON.stringify(wanted)} begins ${list(like)}.` : `There is no campaign ${JSON.stringify(wanted)}.`;
  throw new Problem('E_NOT_FOUND', says, { about: wanted });
}

function list(campaigns: readonly CampaignStatus[]): string {
  return campaigns.map((campaign) => `${campaign.id} (${campaign.state})`).join(', ');
}

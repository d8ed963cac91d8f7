import { Problem } from '../../shared/problem.ts';
import { type CampaignCommand, campaignStates, statesAllowing } from '../campaign/campaign-states.ts';
import type { CampaignState, CampaignStatus } from '../campaign/campaign-status.ts';

/**
 * Finds the campaign a command is about: by its id or the beginning of it, or the only one that the
 * command fits. Throws E_NOT_FOUND or E_USAGE, and names what there is.
 */
export function chooseCampaign(
  campaigns: readonly CampaignStatus[],
  wanted: string | undefined,
  command: CampaignCommand,
): string {
  if (wanted !== undefined) return named(campaigns, wanted).id;
  const fitting = campaigns.filter(({ state }) => isMeant(state, command));
  if (fitting.length === 1 && fitting[0] !== undefined) return fitting[0].id;
  if (fitting.length > 1) throw new Problem('E_USAGE', `Which campaign? There are ${list(fitting)}.`);
  const says =
    campaigns.length === 0
      ? 'There is no campaign yet.'
      : `No campaign is ${statesAllowing(command).join(' or ')}: ${list(campaigns)}.`;
  throw new Problem('E_NOT_FOUND', says);
}

function isMeant(state: CampaignState, command: CampaignCommand): boolean {
  const { allows, refuses } = campaignStates[state];
  return allows.includes(command) || refuses?.includes(command) === true;
}

/** Finds the campaign to show: the given one, or the one that started last. */
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

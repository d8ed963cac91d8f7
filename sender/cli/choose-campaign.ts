import { Problem } from '../../shared/problem.ts';
import { type CampaignCommand, campaignStates, statesAllowing } from '../campaign/campaign-states.ts';
import type { CampaignState, CampaignStatus } from '../campaign/campaign-status.ts';
import { hasServers } from '../campaign/named-servers.ts';

/**
 * Finds the campaign a command is about: by its id or the beginning of it, or the only one that the
 * command fits and that has the named servers. Throws E_NOT_FOUND, E_CAMPAIGN_STATE or E_USAGE, and
 * names what there is.
 */
export function chooseCampaign(
  campaigns: readonly CampaignStatus[],
  wanted: string | undefined,
  command: CampaignCommand,
  servers: readonly string[] = [],
): CampaignStatus {
  if (wanted !== undefined) return named(campaigns, wanted);
  const possible = campaigns.filter(({ state }) => isMeant(state, command));
  const having = possible.filter((campaign) => hasServers(campaign, servers));
  // A server that none of them has is for the daemon to name.
  const fitting = having.length === 0 ? possible : having;
  if (fitting.length === 1 && fitting[0] !== undefined) return fitting[0];
  if (fitting.length > 1) throw new Problem('E_USAGE', `Which campaign? There are ${list(fitting)}.`);
  if (campaigns.length === 0) throw none();
  throw new Problem('E_CAMPAIGN_STATE', `No campaign is ${statesAllowing(command).join(' or ')}: ${list(campaigns)}.`);
}

/**
 * Reads `[campaign] [servers...]`: the first word is a server where no campaign is called so and a
 * campaign that the command fits has such a server.
 */
export function chooseServers(
  campaigns: readonly CampaignStatus[],
  words: readonly string[],
  command: CampaignCommand,
): { readonly campaign: CampaignStatus; readonly servers: readonly string[] } {
  const [first, ...others] = words;
  const isCampaign = campaigns.some(({ id }) => first !== undefined && id.startsWith(first));
  const isServer = campaigns.some(
    (campaign) => first !== undefined && isMeant(campaign.state, command) && hasServers(campaign, [first]),
  );
  if (isServer && !isCampaign) return { campaign: chooseCampaign(campaigns, undefined, command, words), servers: words };
  return { campaign: chooseCampaign(campaigns, first, command, others), servers: others };
}

function isMeant(state: CampaignState, command: CampaignCommand): boolean {
  const { allows, refuses } = campaignStates[state];
  return allows.includes(command) || refuses?.includes(command) === true;
}

/** Finds the campaign to show: the given one, or the one that started last. */
export function latestCampaign(campaigns: readonly CampaignStatus[], wanted: string | undefined): CampaignStatus {
  if (wanted !== undefined) return named(campaigns, wanted);
  const last = [...campaigns].sort((a, b) => a.startedAt.localeCompare(b.startedAt)).at(-1);
  if (last === undefined) throw none();
  return last;
}

/** The status does not tell whether there were any that were pruned. */
function none(): Problem {
  return new Problem('E_NOT_FOUND', 'There is no campaign, unless it was pruned.', {
    hint: 'Start one with `sender migrate`.',
  });
}

function named(campaigns: readonly CampaignStatus[], wanted: string): CampaignStatus {
  const exact = campaigns.find((campaign) => campaign.id === wanted);
  const like = exact === undefined ? campaigns.filter((campaign) => campaign.id.startsWith(wanted)) : [exact];
  if (like.length === 1 && like[0] !== undefined) return like[0];
  const says =
    like.length > 1
      ? `${JSON.stringify(wanted)} begins ${list(like)}.`
      : `There is no campaign ${JSON.stringify(wanted)}, and no server of that name in a campaign that the command fits.`;
  throw new Problem('E_NOT_FOUND', says, { about: wanted });
}

function list(campaigns: readonly CampaignStatus[]): string {
  return campaigns.map((campaign) => `${campaign.id} (${campaign.state})`).join(', ');
}

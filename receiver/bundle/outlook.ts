import type { DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import { proposeMappings } from '../../shared/cloud/propose.ts';
import { supportedDocument } from '../../shared/cloud/supported.ts';
import { freeBytes } from '../../shared/disk/free.ts';
import type { Concern, Decision } from '../../shared/model/concern.ts';
import { type Configurations, resourcesOf } from '../../shared/model/configurations.ts';
import { type Mappings, overlaid } from '../../shared/model/mappings.ts';
import { spaceConcerns } from '../../shared/model/space.ts';
import { Problem } from '../../shared/problem.ts';
import type { Campaign } from '../campaign/campaign.ts';
import type { Campaigns } from '../campaign/campaigns.ts';
import { operator } from '../campaign/owner.ts';
import { preflight } from '../campaign/preflight.ts';

/** What an import of a bundle would meet here. */
export interface Outlook {
  readonly concerns: readonly Concern[];
  readonly decisions: readonly Decision[];
}

/** What is needed to look ahead. `mappings`: the operator's, over what is proposed. */
export interface OutlookTools {
  readonly campaigns: Campaigns;
  readonly cloud: () => Promise<DestinationCloud>;
  readonly state: string;
  readonly mappings: Mappings;
  readonly signal: AbortSignal;
}

/** The campaign of a bundle, where it was begun here. Throws E_CAMPAIGN_STATE where a sender drives it. */
export async function begunHere({ campaigns }: OutlookTools, id: string): Promise<Campaign | null> {
  const owner = await campaigns.ownerOf(id);
  if (owner !== null && owner !== operator)
    throw new Problem('E_CAMPAIGN_STATE', `Campaign ${id} is driven by its sender here; a bundle cannot continue it.`);
  return (await campaigns.ids()).includes(id) ? campaigns.open(id) : null;
}

/**
 * Whether anything was built for a campaign, or is about to be: then what stands here may be its
 * own, and it was looked at before.
 */
export function isBegun(known: Campaign | null): known is Campaign {
  return known !== null && known.ledger.entries().length > 0;
}

/**
 * The document with the operator's mappings over those the campaign began with, or, for a new one,
 * over what is proposed.
 */
export async function mapped(tools: OutlookTools, document: Configurations, known: Campaign | null): Promise<Configurations> {
  const begun = known?.mappings;
  const layers = begun === undefined ? [await proposed(tools, document), document.mappings] : [begun];
  return { ...document, mappings: overlaid(...layers, tools.mappings) };
}

async function proposed({ cloud, signal }: OutlookTools, document: Configurations): Promise<Mappings> {
  const destination = await cloud();
  return proposeMappings(supportedDocument(document, destination.kinds), await destination.facts(signal));
}

/**
 * Everything that stands in the way of a mapped document here, all at once, and what would become
 * of each resource. Writes nothing.
 */
export async function lookAhead({ cloud, state, signal }: OutlookTools, document: Configurations): Promise<Outlook> {
  const resources = resourcesOf(document);
  const { concerns, decisions } = await preflight(await cloud(), document, signal);
  const space = spaceConcerns(resources, await freeBytes(state), "the receiver's state directory");
  return { concerns: [...concerns, ...space], decisions };
}

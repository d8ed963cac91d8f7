import type { DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import { proposeMappings } from '../../shared/cloud/propose-mappings.ts';
import { supportedDocument } from '../../shared/cloud/supported.ts';
import { freeBytes } from '../../shared/disk/free.ts';
import type { Concern, Decision } from '../../shared/model/concern.ts';
import { type Configurations, resourcesOf } from '../../shared/model/configurations.ts';
import { type Mappings, overlaid } from '../../shared/model/mappings.ts';
import { spaceConcerns } from '../../shared/model/space.ts';
import { Problem } from '../../shared/problem.ts';
import type { ReceiverCampaign } from '../campaign/campaign.ts';
import type { Campaigns } from '../campaign/campaigns.ts';
import { operator } from '../campaign/owner.ts';
import { preflight } from '../campaign/preflight.ts';

/** What an import of a bundle would find here. */
export interface Outlook {
  readonly concerns: readonly Concern[];
  readonly decisions: readonly Decision[];
}

/**
 * What is needed to look ahead. `mappings`: those of the operator, which override proposed ones.
 */
export interface OutlookTools {
  readonly campaigns: Campaigns;
  readonly cloud: () => Promise<DestinationCloud>;
  readonly state: string;
  readonly mappings: Mappings;
  readonly signal: AbortSignal;
}

/**
 * The campaign of a bundle, if it was begun here. Throws E_CAMPAIGN_STATE for a sender's campaign.
 */
export async function begunHere({ campaigns }: OutlookTools, id: string): Promise<ReceiverCampaign | null> {
  const owner = await campaigns.ownerOf(id);
  if (owner !== null && owner !== operator)
    throw new Problem('E_CAMPAIGN_STATE', `Campaign ${id} is driven by its sender here; a bundle cannot continue it.`);
  return (await campaigns.ids()).includes(id) ? campaigns.open(id) : null;
}

/** Whether a campaign has built or begun anything, which may be its own and was checked before. */
export function isBegun(known: ReceiverCampaign | null): known is ReceiverCampaign {
  return known !== null && known.ledger.entries().length > 0;
}

/**
 * The document with the operator's mappings over those the campaign began with, or over the
 * proposed ones for a new campaign.
 */
export async function mapped(
  tools: OutlookTools,
  document: Configurations,
  known: ReceiverCampaign | null,
): Promise<Configurations> {
  const begun = known?.mappings;
  const layers = begun === undefined ? [await proposed(tools, document), document.mappings] : [begun];
  return { ...document, mappings: overlaid(...layers, tools.mappings) };
}

async function proposed({ cloud, signal }: OutlookTools, document: Configurations): Promise<Mappings> {
  const destination = await cloud();
  return proposeMappings(supportedDocument(document, destination.kinds), await destination.facts(signal));
}

/**
 * Everything at the destination that prevents a mapped document, and what each resource would
 * become. Writes nothing.
 */
export async function lookAhead({ cloud, state, signal }: OutlookTools, document: Configurations): Promise<Outlook> {
  const resources = resourcesOf(document);
  const { concerns, decisions } = await preflight(await cloud(), document, signal);
  const space = spaceConcerns(resources, await freeBytes(state), "the receiver's state directory");
  return { concerns: [...concerns, ...space], decisions };
}

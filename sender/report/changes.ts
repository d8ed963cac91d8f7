import { firstFew } from '../../shared/first-few.ts';
import type { Decision } from '../../shared/model/concern.ts';
import { resourcesOf } from '../../shared/model/configurations.ts';
import { type Ref, type Resource, refOf } from '../../shared/model/resource.ts';
import type { Campaign } from '../campaign/campaign.ts';
import { detailsOf, differencesIn } from '../campaign/details.ts';
import { sinceCaptureIn } from '../campaign/since-capture.ts';
import { recall } from '../migration/recall.ts';
import { labelOf, nameOf } from './names.ts';

/** Servers that one line names. */
const listed = 10;

/** What is not at the destination as it was at the source, in sentences. */
export interface ChangeLists {
  /** What was told before the start. */
  readonly leftOut: readonly string[];
  /** What stands in the place of what, as the plan says. */
  readonly mapped: readonly string[];
  /** What was there already. */
  readonly adopted: readonly string[];
  /**
   * What the cloud made of a value: read back, and held against what was asked; and what changed at
   * the source since its capture.
   */
  readonly changed: readonly string[];
}

type Details = ReturnType<typeof detailsOf>;

/** What a campaign left out, mapped, adopted and changed, from its journal and its documents. */
export function changesOf(campaign: Campaign): ChangeLists {
  const { facts } = campaign.journal;
  const foreseen = facts.find((fact) => fact.fact === 'foreseen');
  const byRef = new Map(resourcesOf(campaign.document).map((one) => [refOf(one.kind, one.id), one]));
  const label = (ref: string): string => labelOf(ref as Ref, byRef.get(ref as Ref));
  const details = detailsOf(campaign);
  return {
    leftOut: [...(foreseen?.concerns ?? []).map(({ says }) => says), ...decided(foreseen?.decisions ?? [], 'skip', label)],
    mapped: [...mappedIn(campaign, details), ...baseImagesIn(campaign)],
    adopted: decided(foreseen?.decisions ?? [], 'adopt', label),
    changed: [...differencesIn(details), ...sinceCaptureIn(facts)].map(({ ref, says }) => `${label(ref)}: ${says}`),
  };
}

function decided(decisions: readonly Decision[], wanted: Decision['action'], label: (ref: string) => string): string[] {
  const kept = decisions.filter(({ action, ref }) => action === wanted && !ref.startsWith('image/'));
  return kept.map(({ ref, id, why }) => `${label(ref)}: ${why}${id === undefined ? '' : ` (${id})`}`);
}

function mappedIn({ document, plan: { mappings } }: Campaign, details: Details): string[] {
  const become = (one: Resource, to: string): string => `${labelOf(refOf(one.kind, one.id), one)} became ${to}`;
  const named = (kind: 'flavors' | 'networks', one: Resource): string[] => {
    const to = mappings[kind][one.id]?.to ?? 'create';
    return to === 'create' || to === nameOf(one) ? [] : [become(one, to)];
  };
  const addressed = (one: Resource, was: string): string[] => {
    const address = details[refOf(one.kind, one.id)]?.['address'];
    return address === undefined || address === was ? [] : [become(one, `${address}, not ${was || 'any'}`)];
  };
  return resourcesOf(document).flatMap((one): string[] => {
    if (one.kind === 'flavor') return named('flavors', one);
    if (one.kind === 'network') return named('networks', one);
    if (one.kind === 'gateway') return addressed(one, one.external_fixed_ips.map(({ ip_address }) => ip_address).join(', '));
    if (one.kind === 'floating_ip') return addressed(one, one.floating_ip_address);
    const zone = one.kind === 'server' ? mappings.servers?.[one.id]?.availability_zone : undefined;
    return zone === undefined ? [] : [become(one, `a server of the zone ${zone}`)];
  });
}

/**
 * The images that moved and of which servers were made, one line for each. Compute API, "Create
 * Server": `imageRef` is the image that the disk is made of, and what a server shows. Only a
 * rebuild changes it, and replaces the disk ("Rebuild Server").
 */
function baseImagesIn(campaign: Campaign): string[] {
  const { document, journal, plan } = campaign;
  const users = Map.groupBy(document.servers, ({ image_id }) => image_id);
  return plan.images.flatMap(({ id, name = id }) => {
    const servers = users.get(id) ?? [];
    const there = recall(campaign.moveOf(id), journal).learned.built?.[refOf('image', id)];
    if (there === undefined || servers.length === 0) return [];
    const names = firstFew(
      servers.map((server) => server.name || server.id),
      listed,
    );
    const made = `the servers that were made from it show the images of their own disks (${servers.length}): ${names}`;
    return [`image ${name || id} became ${there}; ${made}`];
  });
}

/** The heading of each list of changes, in the order in which they are shown. */
export const changeTitles: readonly (readonly [keyof ChangeLists, string])[] = [
  ['leftOut', 'Left out, or told before the start'],
  ['mapped', 'Mapped'],
  ['adopted', 'Adopted: was there already'],
  ['changed', 'Differs from the source'],
];

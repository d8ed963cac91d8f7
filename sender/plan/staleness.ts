import type { Concern } from '../../shared/model/concern.ts';
import { type Configurations, resourcesOf } from '../../shared/model/configurations.ts';
import { labelsOf } from '../../shared/model/labels.ts';
import { loneVolumesOf, movedImagesOf, type UnitKind } from '../../shared/model/lone-volumes.ts';
import { type Ref, refOf } from '../../shared/model/resource.ts';
import type { CampaignState } from '../campaign/campaign-status.ts';
import { titles } from '../migration/phases/stop.ts';
import type { Plan } from '../model/plan.ts';

/**
 * A server or lone volume that a campaign has which is not over, or that cannot be read and may
 * have it.
 */
export interface HeldServer {
  readonly server: string;
  /** Null: it is being prepared. */
  readonly campaign: string | null;
  readonly state: CampaignState | 'damaged';
}

/**
 * Concerns with one that is fatal for each server that a campaign has which is not over; that such
 * a server is stopped is no news.
 */
export function withHeld(held: readonly HeldServer[], document: Configurations, concerns: readonly Concern[]): Concern[] {
  const volumes = loneVolumesOf(document);
  const images = movedImagesOf(document);
  const labels = labelsOf([...document.servers, ...volumes, ...images]);
  const kindOf = (id: string): UnitKind => {
    if (volumes.some((volume) => volume.id === id)) return 'volume';
    return images.some((image) => image.id === id) ? 'image' : 'server';
  };
  const refs = new Set<Ref | undefined>(held.map(({ server }) => refOf('server', server)));
  return [
    ...held.map((one): Concern => {
      const kind = kindOf(one.server);
      const out = `take the ${kind} out of \`${places[kind]}\``;
      return {
        code: `${kind}.in_campaign`,
        severity: 'blocking',
        about: refOf(kind, one.server),
        says: `${titles[kind]} ${labels.get(one.server) ?? one.server} ${whereHeld(one)}.`,
        remedy:
          one.state === 'damaged'
            ? `Restore that campaign from a backup, or ${out}.`
            : `Commit or roll back that campaign first, or ${out}.`,
      };
    }),
    ...concerns.filter(({ code, about }) => code !== 'server.shutoff' || !refs.has(about)),
  ];
}

function whereHeld({ campaign, state }: HeldServer): string {
  if (campaign === null) return 'is part of a campaign that is being prepared';
  if (state === 'damaged') return `may be part of campaign ${campaign}, which cannot be read`;
  return `is part of campaign ${campaign} (${state}), which is neither committed nor rolled back`;
}

/** Where a plan lists what moves. */
const places: Readonly<Record<UnitKind, string>> = { server: 'waves', volume: 'volumes', image: 'images' };

const goneSays: Readonly<Record<UnitKind, string>> = {
  server: 'The plan names a server that the source project does not have.',
  volume: 'The plan names a volume that is gone at the source, or cannot move without a server any more.',
  image: 'The plan names an image that is gone at the source, or cannot move any more.',
};

/**
 * One fatal concern for each server of a plan that its project no longer has, and for each volume
 * or image, that is gone or cannot move.
 */
export function goneConcerns(kind: UnitKind, gone: readonly string[]): Concern[] {
  const says = goneSays[kind];
  return gone.map((id) => ({
    code: `${kind}.gone`,
    severity: 'blocking',
    about: refOf(kind, id),
    says,
    remedy: `Take it out of \`${places[kind]}\`.`,
  }));
}

/** The entries of `skip` that name nothing of a document, with a fatal concern for each. */
export function staleSkips(
  { skip }: Plan,
  document: Configurations,
): { readonly stale: ReadonlySet<Ref>; readonly concerns: Concern[] } {
  const refs = new Set(resourcesOf(document).map(({ kind, id }) => refOf(kind, id)));
  const stale = skip.filter((ref) => !refs.has(ref));
  const concerns = stale.map(
    (about): Concern => ({
      code: 'plan.skip_absent',
      severity: 'blocking',
      about,
      says: 'The plan skips what is not among that which moves.',
      remedy: 'Take it out of `skip`.',
    }),
  );
  return { stale: new Set(stale), concerns };
}

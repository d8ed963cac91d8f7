import type { BlockSource } from '../../disk/block-source.ts';
import type { Concern, Decision } from '../../model/concern.ts';
import type { Mappings } from '../../model/mappings.ts';
import type { Replaced } from '../../model/replaced.ts';
import { type Kind, kindOf, kinds, type Ref, type Resource, type ResourceOf } from '../../model/resource.ts';
import { Problem } from '../../problem.ts';
import type {
  BuildContext,
  BuiltServer,
  BuiltThings,
  Compared,
  DestinationCloud,
  Differences,
  DonorImage,
  ForeignPart,
  Health,
  HeardAttribute,
  Likeness,
} from '../destination-cloud.ts';
import type { CloudFacts } from '../facts.ts';
import type { Patience } from '../patience.ts';
import { likenessOf } from './attributes/likeness.ts';
import { families } from './builders/families.ts';
import type { Family } from './builders/family.ts';
import { isThere } from './builders/is-there.ts';
import { prepare } from './builders/prepare.ts';
import { type ImportSettings, Site } from './builders/site.ts';
import { strangersIn } from './builders/strangers.ts';
import { sweep } from './builders/sweep.ts';
import { unstamp } from './builders/unstamp.ts';
import { findDonors } from './donor-images.ts';
import { readFacts } from './facts/facts.ts';
import { imageHealth } from './images/health.ts';
import { openImage } from './images/image-file.ts';
import { preflight } from './preflight/preflight.ts';
import { lookAt } from './servers/health.ts';
import type { Access } from './session/access.ts';
import { retryingly } from './session/retry.ts';
import { CloudSession } from './session/session.ts';
import { lostVolume } from './volumes/lost.ts';

/** An OpenStack cloud as destination. */
export class OpenStackDestination implements DestinationCloud {
  readonly kinds: ReadonlySet<Kind> = new Set(kinds);
  readonly unstamped: ReadonlySet<Kind> = new Set(kinds.filter((kind) => families[kind].occupied !== undefined));
  readonly #session: CloudSession;
  readonly #site: Site;

  constructor(access: Access, settings?: ImportSettings) {
    this.#session = new CloudSession(access);
    this.#site = new Site(this.#session, settings);
  }

  facts(signal: AbortSignal): Promise<CloudFacts> {
    return readFacts(this.#session, signal);
  }

  async place(signal: AbortSignal): Promise<string> {
    return `project ${(await this.#session.token(signal)).projectId}`;
  }

  preflight(
    resources: readonly Resource[],
    mappings: Mappings,
    signal: AbortSignal,
  ): Promise<{ concerns: readonly Concern[]; decisions: readonly Decision[] }> {
    return preflight(this.#site, resources, mappings, signal);
  }

  /**
   * Every family finds what it made before, so a call whose answer was lost is simply made again. A
   * disk's bytes were compared when they were stored.
   */
  async ensure(resource: Resource, context: BuildContext): Promise<Compared> {
    const family = familyOf(resource.kind);
    const { seen, ...built } = await retryingly(context.signal, () => family.ensure(this.#site, resource, context));
    const { disk: _, ...withoutBytes } = context;
    const differences = await family.differences(this.#site, resource, built.id, withoutBytes, seen);
    return { ...built, differences };
  }

  prepare(resource: Resource, context: BuildContext): Promise<boolean> {
    return retryingly(context.signal, () => prepare(this.#site, resource, context));
  }

  find(resource: Resource, context: BuildContext): Promise<string | null> {
    return familyOf(resource.kind).find(this.#site, resource, context);
  }

  async occupied(resource: Resource, context: BuildContext): Promise<boolean> {
    return (await familyOf(resource.kind).occupied?.(this.#site, resource, context)) ?? false;
  }

  differences(resource: Resource, id: string, context: BuildContext): Promise<Differences> {
    return familyOf(resource.kind).differences(this.#site, resource, id, context);
  }

  async likeness(resource: Resource, id: string, context: BuildContext): Promise<Likeness> {
    const heard: HeardAttribute[] = [];
    const onCompared = (one: HeardAttribute): void => void heard.push(one);
    return likenessOf(resource, await this.differences(resource, id, { ...context, onCompared }), heard);
  }

  strangers(refs: readonly Ref[], things: BuiltThings, signal: AbortSignal): Promise<readonly ForeignPart[]> {
    return strangersIn(this.#site, refs, things, signal);
  }

  async healthy({ id, volumes, image }: BuiltServer, probe: string | undefined, signal: AbortSignal): Promise<Health> {
    if (image !== undefined) return imageHealth(this.#session, image, signal);
    if (id === null) return (await lostVolume(this.#session, volumes, signal)) ?? { healthy: true, says: 'The volume is there.' };
    const seen = await lookAt(this.#session, id, probe, signal);
    return seen.lost === true ? seen : ((await lostVolume(this.#session, volumes, signal)) ?? seen);
  }

  async replaces(resource: Resource, context: BuildContext): Promise<Replaced | undefined> {
    return await familyOf(resource.kind).replaces?.(this.#site, resource, context);
  }

  remove(ref: Ref, id: string, campaign: string, patience: Patience, replaced?: Replaced): Promise<boolean> {
    // Without an id the path would name the whole collection.
    if (id === '') throw new Problem('E_BUG', `Nothing is removed for ${ref}: it has no id.`, { about: ref });
    return familyOf(kindOf(ref)).remove(this.#site, id, campaign, patience, ref, replaced);
  }

  isThere(ref: Ref, id: string, signal: AbortSignal): Promise<boolean> {
    return isThere(this.#site, ref, id, signal);
  }

  sweep(campaign: string, built: ReadonlyMap<Ref, string>, patience: Patience): Promise<number> {
    return sweep(this.#site, campaign, built, patience);
  }

  unstamp(ref: Ref, id: string, campaign: string, { signal }: Patience): Promise<void> {
    return unstamp(this.#site, ref, id, campaign, signal);
  }

  donors(images: readonly ResourceOf<'image'>[], signal: AbortSignal): Promise<readonly DonorImage[]> {
    return findDonors(this.#site, images, signal);
  }

  openImage(
    imageId: string,
    folder: string,
    signal: AbortSignal,
    onBytes?: (bytes: number, total: number) => void,
  ): Promise<BlockSource> {
    return openImage(this.#session, imageId, folder, signal, onBytes);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

/** A family only receives resources of its own kind. */
function familyOf(kind: Kind): Family<Kind> {
  return families[kind] as Family<Kind>;
}

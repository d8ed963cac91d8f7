import type { Ref } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { Patience } from '../../patience.ts';
import { createOrFind } from '../session/late.ts';
import { until } from '../session/wait.ts';
import { campaignTag, descriptionStamp, tagsOf } from '../stamp.ts';
import type { Site } from './site.ts';

/**
 * A collection of Neutron whose members have tags and a description: its path, and the keys of list
 * and member.
 */
export interface Collection {
  readonly path: string;
  readonly many: string;
  readonly one: string;
  /** Where its members are tagged, if not there. */
  readonly taggedAt?: string;
}

/** The collections that carry our stamps. */
export const collections = {
  // Tags are at the collection's name, without the API's prefix (neutron/extensions/tagging.py).
  qos_policy: { path: '/qos/policies', many: 'policies', one: 'policy', taggedAt: '/policies' },
  network: { path: '/networks', many: 'networks', one: 'network' },
  subnet_pool: { path: '/subnetpools', many: 'subnetpools', one: 'subnetpool' },
  subnet: { path: '/subnets', many: 'subnets', one: 'subnet' },
  router: { path: '/routers', many: 'routers', one: 'router' },
  port: { path: '/ports', many: 'ports', one: 'port' },
  trunk: { path: '/trunks', many: 'trunks', one: 'trunk' },
  security_group: { path: '/security-groups', many: 'security_groups', one: 'security_group' },
  floating_ip: { path: '/floatingips', many: 'floatingips', one: 'floatingip' },
} as const satisfies Record<string, Collection>;

interface Stamped {
  readonly id: string;
  readonly description?: string | null;
  readonly tags?: readonly string[];
}

/** What is created: the request's attributes, and the final description and tags. */
export interface ResourceToCreate {
  readonly ref: Ref;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly description: string;
  readonly tags: readonly string[];
}

/**
 * Longest wait for a removal that is refused because a resource that is being deleted still uses
 * it: milliseconds.
 */
const inUseMs = 60_000;

/**
 * Finds what a campaign created for a ref: by its tags, or by its description if the creation was
 * interrupted before them.
 */
export async function findStamped<T extends Stamped>(
  site: Site,
  { path, many }: Collection,
  campaign: string,
  ref: Ref,
  signal: AbortSignal,
): Promise<T | null> {
  const project_id = await site.projectId(signal);
  const tags = tagsOf(campaign, ref);
  const tagged = await site.network<T>(path, many, { project_id, tags: tags.join(',') }, signal);
  const found = tagged.find((one) => tags.every((tag) => one.tags?.includes(tag)));
  if (found !== undefined) return found;
  const description = descriptionStamp(campaign, ref);
  const described = await site.network<T>(path, many, { project_id, description }, signal);
  return described.find((one) => one.description === description) ?? null;
}

/** The id of what a campaign created for a ref, or null. */
export async function stampedId(
  site: Site,
  collection: Collection,
  ref: Ref,
  { campaign, signal }: Pick<BuildContext, 'campaign' | 'signal'>,
): Promise<string | null> {
  return (await findStamped(site, collection, campaign, ref, signal))?.id ?? null;
}

/**
 * Finds or creates a resource with our stamp. Neutron takes no tags at creation, so the stamp is
 * first its description; `onBorn` runs then, and the tags and the real description follow.
 */
export async function ensureStamped<T extends Stamped>(
  site: Site,
  collection: Collection,
  wanted: ResourceToCreate,
  context: BuildContext,
  onBorn: (thing: T) => Promise<void> = async () => undefined,
): Promise<{ thing: T; how: 'created' | 'found' }> {
  const { campaign, signal } = context;
  const stamp = descriptionStamp(campaign, wanted.ref);
  const earlier = await findStamped<T>(site, collection, campaign, wanted.ref, signal);
  const thing =
    earlier ??
    (await createOrFind(
      () => create<T>(site, collection, { ...wanted.attributes, description: stamp }, signal),
      () => findStamped<T>(site, collection, campaign, wanted.ref, signal),
      signal,
    ));
  if (thing.description === stamp) {
    await onBorn(thing);
    const path = `${collection.path}/${thing.id}`;
    const tags = [...new Set([...wanted.tags, ...tagsOf(campaign, wanted.ref)])];
    await site.session.call({ method: 'PUT', service: 'network', path: tagsPath(collection, thing.id), body: { tags }, signal });
    await site.send('PUT', 'network', path, { [collection.one]: { description: wanted.description } }, collection.one, signal);
  }
  return { thing, how: earlier === null ? 'created' : 'found' };
}

/** Where the tags of a member are. */
export function tagsPath({ path, taggedAt = path }: Collection, id: string): string {
  return `${taggedAt}/${id}/tags`;
}

function create<T>(
  site: Site,
  { path, one }: Collection,
  attributes: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<T> {
  return site.send<T>('POST', 'network', path, { [one]: attributes }, one, signal);
}

/** Whether a resource has a campaign's stamp, in tags or in its description. */
export function isStamped(thing: Stamped, campaign: string): boolean {
  return (thing.tags ?? []).includes(campaignTag(campaign)) || (thing.description ?? '').startsWith(`godwit ${campaign} `);
}

/**
 * Removes a resource with the campaign's stamp, and its late duplicates; false where it is gone.
 * Throws E_FORBIDDEN without a stamp, E_CONFLICT while in use.
 */
export async function removeStamped(
  site: Site,
  collection: Collection,
  id: string,
  campaign: string,
  patience: Patience,
  ref: Ref,
): Promise<boolean> {
  await sweepLate(site, collection, id, campaign, patience, ref);
  const thing = await site.get<Stamped>('network', `${collection.path}/${id}`, collection.one, patience.signal);
  if (thing === null) return false;
  refuseUnstamped(thing, collection.one, campaign);
  await removeNeutron(site, `${collection.path}/${id}`, patience);
  return true;
}

/**
 * Removes duplicates from creations that failed but went on. They have no tags, so the stamp is
 * still their description.
 */
export async function sweepLate(
  site: Site,
  { path, many }: Collection,
  kept: string,
  campaign: string,
  patience: Patience,
  ref: Ref,
): Promise<void> {
  const { signal } = patience;
  const description = descriptionStamp(campaign, ref);
  const late = await site.network<Stamped>(path, many, { project_id: await site.projectId(signal), description }, signal);
  for (const one of late)
    if (one.id !== kept && one.description === description) await removeNeutron(site, `${path}/${one.id}`, patience);
}

/** Throws E_FORBIDDEN for a resource without the campaign's stamp. */
export function refuseUnstamped(thing: Stamped, what: string, campaign: string): void {
  if (!isStamped(thing, campaign)) throw unstamped(what, thing.id, campaign);
}

/** That a resource is not touched because it is not ours. */
export function unstamped(what: string, id: string, campaign: string): Problem {
  return new Problem('E_FORBIDDEN', `The ${what} ${id} does not carry the stamp of campaign ${campaign}; it is not touched.`, {
    about: id,
    hint: 'Godwit removes only what it created. If it is yours to remove, do so with the openstack client.',
  });
}

/** Deletes a Neutron resource, and waits while a resource that is being deleted still uses it. */
export async function removeNeutron(site: Site, path: string, patience: Patience): Promise<void> {
  let refusal: unknown;
  const limit = { ...patience, timeoutMs: Math.min(patience.timeoutMs, inUseMs) };
  try {
    await until(`The removal of ${path}`, limit, async () => {
      try {
        await site.session.call({ method: 'DELETE', service: 'network', path, mayBeGone: true, signal: patience.signal });
        return true;
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'E_CONFLICT') throw error;
        refusal = error;
        return undefined;
      }
    });
  } catch (error) {
    throw error instanceof Problem && error.code === 'E_CLOUD_TIMEOUT' ? (refusal ?? error) : error;
  }
}

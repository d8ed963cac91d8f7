import { kindOf, type Ref } from '../../../model/resource.ts';
import type { ApiFlavor } from '../api.ts';
import { readImage } from '../images/snapshots.ts';
import { readServer } from '../servers/server-state.ts';
import { descriptionStamp, imageStamp, ownIdKey, tagsOf } from '../stamp.ts';
import { readOf } from '../volumes/read.ts';
import { patchImage } from './image.ts';
import { markedCollectionOf, unmark } from './marked.ts';
import type { Site } from './site.ts';
import { type Collection, collections, tagsPath } from './stamped.ts';

/** The collections of Neutron whose members carry our tags, and the rules, which may have them. */
const tagged: Readonly<Record<string, Collection>> = {
  ...collections,
  interface: collections.port,
  security_group_rule: { path: '/security-group-rules', many: 'security_group_rules', one: 'security_group_rule' },
};

/**
 * Takes the stamp of a campaign from what it built; nothing else of it changes. Absent is fine. The
 * image of a disk keeps its stamp, which excludes it from the donors of other tenants' disks.
 */
export async function unstamp(site: Site, ref: Ref, id: string, campaign: string, signal: AbortSignal): Promise<void> {
  const kind = kindOf(ref);
  if (kind === 'server') return fromServer(site, ref, id, campaign, signal);
  if (kind === 'flavor') return fromFlavor(site, ref, id, campaign, signal);
  if (kind === 'image') return fromImage(site, ref, id, campaign, signal);
  if (kind === 'volume') return fromVolume(site, ref, id, campaign, signal);
  const inText = markedCollectionOf(kind);
  if (inText !== undefined) return unmark(site, inText, ref, id, campaign, signal);
  const collection = tagged[kind];
  if (collection !== undefined) await fromNeutron(site, collection, ref, id, campaign, signal);
}

/** Network API, "Remove a tag": no other tag is written, so none that was just added is lost. */
async function fromNeutron(
  site: Site,
  collection: Collection,
  ref: Ref,
  id: string,
  campaign: string,
  signal: AbortSignal,
): Promise<void> {
  const { path, one } = collection;
  const thing = await site.get<{ readonly tags?: readonly string[] }>('network', `${path}/${id}`, one, signal);
  for (const tag of tagsOf(campaign, ref)) {
    if (thing?.tags?.includes(tag) !== true) continue;
    const own = `${tagsPath(collection, id)}/${encodeURIComponent(tag)}`;
    await site.session.call({ method: 'DELETE', service: 'network', path: own, tolerate: [404], signal });
  }
}

/**
 * Compute API, "Delete a single tag": no other tag is written, so none that was just added is lost.
 */
async function fromServer(site: Site, ref: Ref, id: string, campaign: string, signal: AbortSignal): Promise<void> {
  const is = await readServer(site.session, id, signal);
  for (const tag of tagsOf(campaign, ref)) {
    if (!is?.tags?.includes(tag)) continue;
    const path = `/servers/${id}/tags/${encodeURIComponent(tag)}`;
    await site.session.call({ method: 'DELETE', service: 'compute', path, tolerate: [404], signal });
  }
}

/** An image of the project; those of disks of servers keep their stamp. */
async function fromImage(site: Site, ref: Ref, id: string, campaign: string, signal: AbortSignal): Promise<void> {
  const is = await readImage(site.session, id, signal);
  const stamp = { ...imageStamp(campaign, ref), [ownIdKey]: id };
  const ours = Object.entries(stamp).filter(([key, value]) => is?.[key] === value);
  if (ours.length > 0)
    await patchImage(
      site,
      id,
      ours.map(([key]) => ({ op: 'remove', path: `/${key}` })),
      signal,
    );
}

/** Block Storage API v3, "Delete a volume's metadata". */
async function fromVolume(site: Site, ref: Ref, id: string, campaign: string, signal: AbortSignal): Promise<void> {
  const is = await readOf(site.session, 'volume', id, signal);
  for (const [key, value] of Object.entries(imageStamp(campaign, ref))) {
    if (is?.metadata[key] !== value) continue;
    const path = `/volumes/${id}/metadata/${key}`;
    await site.session.call({ method: 'DELETE', service: 'volume', path, tolerate: [404], signal });
  }
}

/** Compute API, "Update Flavor Description", from microversion 2.55. */
async function fromFlavor(site: Site, ref: Ref, id: string, campaign: string, signal: AbortSignal): Promise<void> {
  const is = await site.get<ApiFlavor>('compute', `/flavors/${encodeURIComponent(id)}`, 'flavor', signal);
  if (is === null || is.description !== descriptionStamp(campaign, ref)) return;
  const body = { flavor: { description: null } };
  await site.session.call({
    method: 'PUT',
    service: 'compute',
    path: `/flavors/${encodeURIComponent(id)}`,
    body,
    tolerate: [404],
    signal,
  });
}

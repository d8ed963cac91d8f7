import { createHash, randomUUID } from 'node:crypto';
import { idOf, type Ref } from '../../model/resource.ts';
import type { RoundStamp } from '../source-cloud.ts';

/**
 * Every tag of ours begins so; a capture leaves them out, so that a tenant that moves on does not
 * carry them along.
 */
const prefix = 'godwit-';

/** Longest tag: characters. Older Neutron and Nova allow no more. */
const longestTag = 60;

/** The tags of a resource that a campaign built for a source ref. */
export function tagsOf(campaign: string, ref: Ref): readonly [string, string] {
  return [campaignTag(campaign), `${prefix}source-${short(idOf(ref))}`];
}

/** The tag of all resources of one campaign. */
export function campaignTag(campaign: string): string {
  return `${prefix}campaign-${campaign}`;
}

/** The tag of a source server that was moved. */
export const movedTag = 'godwit-moved';

/** The key in the metadata of a source volume that was moved without a server. */
export const movedKey = 'godwit_moved';

/**
 * What says in the metadata of a volume that a campaign moved it. It names the volume, because a
 * backup has all metadata, and a volume that is restored from it gets them
 * (cinder/backup/driver.py, BackupMetadataAPI).
 */
export function movedMark(campaign: string, id: string): Readonly<Record<string, string>> {
  return { [movedKey]: `${campaign} ${id}` };
}

/** Whether a campaign moved this very volume. */
export function isMovedVolume({ id, metadata }: StampedVolume): boolean {
  return metadata[movedKey]?.endsWith(` ${id}`) === true;
}

/** Whether a volume has the mark of an earlier build, which does not name the volume. */
export function hasBareMark({ metadata }: Pick<StampedVolume, 'metadata'>): boolean {
  return metadata[movedKey]?.includes(' ') === false;
}

interface StampedVolume {
  readonly id: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The tags that are not ours. */
export function foreignTags(tags: readonly string[] | undefined): string[] {
  return (tags ?? []).filter((tag) => !tag.startsWith(prefix));
}

/**
 * The description of a resource between its creation and its tags: Neutron takes no tags in the
 * request that creates.
 */
export function descriptionStamp(campaign: string, ref: Ref): string {
  return `godwit ${campaign} ${ref}`;
}

/** Longest name or description of Neutron: characters. */
const longestText = 255;

const markAtEnd = / ?\(godwit [\da-f-]{36} [a-z_]+\/[^()]*\)$/;

/**
 * A text with our stamp at its end, of a resource that has no tags. A text that leaves no room for
 * the stamp is cut.
 */
export function marked(text: string, campaign: string, ref: Ref): string {
  const mark = markOf(campaign, ref);
  const room = Array.from(text)
    .slice(0, longestText - mark.length - 1)
    .join('');
  return room === '' ? mark : `${room} ${mark}`;
}

/** The text without our stamp. */
export function unmarked(text: string): string {
  return text.replace(markAtEnd, '');
}

/** Whether a text ends with the stamp of a resource, or of any resource of a campaign. */
export function isMarked(text: string, campaign: string, ref?: Ref): boolean {
  if (ref !== undefined) return text.endsWith(markOf(campaign, ref));
  return text !== unmarked(text) && text.includes(`(godwit ${campaign} `);
}

function markOf(campaign: string, ref: Ref): string {
  return `(${descriptionStamp(campaign, ref)})`;
}

/** Whether a property of an image, or a key of metadata, is a part of our stamp. */
export function isOurs(key: string): boolean {
  return key.startsWith('godwit_');
}

/** The properties of an image, or metadata of a volume, that a campaign made for a source ref. */
export function imageStamp(campaign: string, ref: Ref): { readonly godwit_campaign: string; readonly godwit_source: string } {
  return { godwit_campaign: campaign, godwit_source: ref };
}

/** The property of an image that we made: its own id. */
export const ownIdKey = 'godwit_image';

/**
 * The id and the stamp of a new image. Nova and Cinder copy the properties of an image to what is
 * made of it, and on to the images that a user makes of that (cinder/volume/api.py,
 * `copy_volume_to_image`; nova/compute/api.py, `snapshot_volume_backed`): these have another id.
 * Image API v2, "Create image": the id may be chosen.
 */
export function newImage(
  campaign: string,
  ref: Ref,
): ReturnType<typeof imageStamp> & { readonly id: string; readonly godwit_image: string } {
  const id = randomUUID();
  return { id, ...imageStamp(campaign, ref), [ownIdKey]: id };
}

/** Whether we made an image with our stamp: a user's copy of one names another image. */
export function isMadeByUs(image: { readonly id: string; readonly name: string | null }): boolean {
  const properties = image as Readonly<Record<string, unknown>>;
  const { godwit_source: source } = properties;
  // Cinder chooses the id of what it uploads for us.
  const isReading = typeof source === 'string' && image.name === temporaryName(idOf(source as Ref));
  return properties[ownIdKey] === image.id || isReading;
}

/** The name of what is made only to read the bytes of a disk. */
export function temporaryName(disk: string): string {
  return `godwit-${disk}`;
}

/**
 * The properties of a snapshot: which attempt made it counts too, for the server may have run since
 * an earlier one; round 0 is that of the stopped server.
 */
export function snapshotStamp(stamp: RoundStamp, ref: Ref): Readonly<Record<string, string>> {
  const { campaign, attempt, round } = stamp;
  return { ...imageStamp(campaign, ref), godwit_attempt: String(attempt), godwit_round: String(round) };
}

/** Whether the properties of an image, or the metadata of a volume, have every entry of a stamp. */
export function carries(thing: Readonly<Record<string, unknown>>, stamp: Readonly<Record<string, string>>): boolean {
  return Object.entries(stamp).every(([key, value]) => thing[key] === value);
}

/**
 * Whether a volume or snapshot of the source was made to read a volume: such a volume is made of a
 * snapshot or of a volume, and a backup of it that its owner restores is made of neither.
 */
export function isTemporary(kind: 'volume' | 'snapshot', { metadata, snapshot_id, source_volid }: Temporary): boolean {
  const isCopy = kind === 'snapshot' || [snapshot_id, source_volid].some((origin) => typeof origin === 'string');
  return isOfReading(metadata) && isCopy;
}

interface Temporary {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly snapshot_id?: string | null;
  readonly source_volid?: string | null;
}

/** Whether metadata or properties stamp a snapshot; what a campaign builds has no attempt. */
export function isOfReading(metadata: Readonly<Record<string, unknown>>): boolean {
  return metadata['godwit_attempt'] !== undefined && metadata['godwit_source'] !== undefined;
}

/**
 * OpenStack's ids are UUIDs and fit; those of another kind of cloud may not, and their digest
 * is used instead.
 */
function short(id: string): string {
  const safe = /^[\w.-]+$/.test(id) && id.length <= longestTag - `${prefix}source-`.length;
  return safe ? id : createHash('sha256').update(id).digest('hex').slice(0, 40);
}

import { firstFew } from '../../../first-few.ts';
import type { Concern } from '../../../model/concern.ts';
import type { ImageMember } from '../../../model/image-member.ts';
import { diskIdOfImage, type ResourceOf } from '../../../model/resource.ts';
import type { Selection } from '../../source-cloud.ts';
import type { ApiImage } from '../api.ts';
import { rowOf } from '../attributes/attribute.ts';
import { describe } from '../attributes/describe.ts';
import { ownImageProperties } from '../attributes/image.ts';
import type { SourceThing } from '../attributes/unmoved.ts';
import { carriedProperties } from '../images/image-properties.ts';
import { listImages } from '../images/list-images.ts';
import type { CloudSession } from '../session/session.ts';
import { isMadeByUs, isOfReading, movedTag, ownIdKey } from '../stamp.ts';
import type { Contents } from './contents.ts';
import type { Scope } from './scope.ts';

const bytesPerGiB = 1024 ** 3;

/** Images that one concern names. */
const listed = 10;

/** The images that the project owns, but for those that a campaign made. */
export async function readOwnImages(session: CloudSession, scope: Scope, signal: AbortSignal): Promise<ApiImage[]> {
  return (await imagesOwned(session, scope, signal)).filter((image) => !isMadeByCampaign(image));
}

/**
 * All images that the project owns. Without a visibility Glance lists the community images of the
 * caller's own project and of no other (glance/db/sqlalchemy/api.py, image_get_all), so that an
 * admin asks for another's by it.
 */
export async function imagesOwned(session: CloudSession, { projectId, own }: Scope, signal: AbortSignal): Promise<ApiImage[]> {
  const query = { owner: projectId };
  const all = await listImages(session, query, signal);
  if (!own) all.push(...(await listImages(session, { ...query, visibility: 'community' }, signal)));
  return all.filter(({ owner }) => owner === projectId);
}

/**
 * Whether a campaign made an image. What a user made of a moved server or of a volume inherits the
 * stamp, and is the user's. Earlier releases noted no id, but a snapshot has its server's from
 * Nova.
 */
function isMadeByCampaign(image: ApiImage): boolean {
  if (image['godwit_campaign'] === undefined) return false;
  if (isOfReading(image) || isMadeByUs(image)) return true;
  return image[ownIdKey] === undefined && image['instance_uuid'] === undefined;
}

/** Why an image of the project does not move; null for one that does. */
export function whyImageLeft(image: ApiImage): string | null {
  if ((image['tags'] as readonly string[] | undefined)?.includes(movedTag) === true) return 'moved by an earlier campaign';
  if (image.status !== 'active') return image.status;
  if (['cinder_encryption_key_id', 'os_encrypt_key_id'].some((key) => image[key] !== undefined)) return 'encrypted';
  // Nova's image of a server that boots from a volume names snapshots of volumes, and has no bytes.
  if (image.size === null || image.size === 0) return 'without bytes of its own';
  return null;
}

/** The images of a whole project that do not move, with the reason. */
export function imagesLeft(images: readonly ApiImage[]): Concern[] {
  const left = images.flatMap((image) => {
    const why = whyImageLeft(image);
    return why === null ? [] : [`${image.name || image.id}: ${why}`];
  });
  if (left.length === 0) return [];
  return [
    {
      code: 'left_behind.images',
      severity: 'warning',
      says: `The project has images that are not moved (${left.length}): ${firstFew(left, listed)}.`,
      remedy: 'Make at the destination by hand what is needed there.',
    },
  ];
}

/** The images of a selection that may move: those that are named, or all. */
export function imagesToRead(images: readonly ApiImage[], { images: named = [] }: Selection): ApiImage[] {
  const isMeant = ({ id, name }: ApiImage): boolean => named.length === 0 || named.some((word) => word === id || word === name);
  return images.filter((image) => whyImageLeft(image) === null && isMeant(image));
}

/** An image that moves, its members as far as they are told, and the disk that is its bytes. */
export function describeOwnImage(
  image: ApiImage,
  members?: readonly ImageMember[] | null,
): {
  readonly disk: ResourceOf<'disk'>;
  readonly image: ResourceOf<'image'>;
} {
  const disk_id = diskIdOfImage(image.id);
  const disk = describe('disk', image, {
    id: disk_id,
    server_id: image.id,
    image_id: image.id,
    min_disk: Math.ceil((image.size ?? 0) / bytesPerGiB),
    min_ram: 0,
    properties: {},
  });
  return {
    disk,
    image: describe('image', image, { disk_id, members: [...(members ?? [])], properties: carriedProperties(image) }),
  };
}

/** What of the images that move does not, one concern for each property. */
export function ownImageThings(images: readonly ApiImage[]): SourceThing[] {
  const isTold = (name: string): boolean => rowOf(ownImageProperties, name)?.fate === 'told';
  return images
    .filter((image) => whyImageLeft(image) === null)
    .map((image) => ({
      kind: 'image',
      id: image.id,
      name: image.name ?? '',
      answer: Object.fromEntries(Object.entries(image).filter(([name]) => isTold(name))),
    }));
}

/** The images that move and whose members the cloud does not tell these credentials. */
export function untoldMembers({ ownImages, imageMembers }: Pick<Contents, 'ownImages' | 'imageMembers'>): Concern[] {
  const untold = ownImages.filter(({ id }) => imageMembers.get(id) === null).map(({ id, name }) => name || id);
  if (untold.length === 0) return [];
  return [
    {
      code: 'image.members_untold',
      severity: 'warning',
      says: `The cloud does not tell with which projects images are shared (${untold.length}): ${firstFew(untold, listed)}.`,
      remedy: 'Capture with credentials that may read it, or share them at the destination by hand.',
    },
  ];
}

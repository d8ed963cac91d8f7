import { inParallel } from '../../../concurrency/parallel.ts';
import { firstFew } from '../../../first-few.ts';
import type { Concern } from '../../../model/concern.ts';
import { diskIdOfImage, type ResourceOf } from '../../../model/resource.ts';
import type { ApiImage } from '../api.ts';
import { rowOf } from '../attributes/attribute.ts';
import { describe } from '../attributes/describe.ts';
import { ownImageProperties } from '../attributes/image.ts';
import type { SourceThing } from '../attributes/unmoved.ts';
import { carriedProperties } from '../images/image-properties.ts';
import { listImages } from '../images/list-images.ts';
import type { CloudSession } from '../session/session.ts';
import { isMadeByUs, isOfReading, movedTag, ownIdKey } from '../stamp.ts';
import type { Scope } from './scope.ts';

const bytesPerGiB = 1024 ** 3;

/** Images that are asked for at once. */
const width = 4;

/** Images that one concern names. */
const listed = 10;

/** The images that the project owns, but for those that a campaign made. */
export async function readOwnImages(session: CloudSession, { projectId }: Scope, signal: AbortSignal): Promise<ApiImage[]> {
  const all = await listImages(session, { owner: projectId }, signal);
  return all.filter((image) => image.owner === projectId && !isMadeByCampaign(image));
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

/** An image that moves, and the disk that is its stored bytes. */
export function describeOwnImage(image: ApiImage): {
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
  return { disk, image: describe('image', image, { disk_id, properties: carriedProperties(image) }) };
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

/**
 * The images that other projects may use as members: these have other ids at the destination. Image
 * API v2, "List image members".
 */
export async function membersConcerns(
  session: CloudSession,
  images: readonly ApiImage[],
  signal: AbortSignal,
): Promise<Concern[]> {
  const shared: string[] = [];
  const moving = images.filter((image) => whyImageLeft(image) === null && image.visibility === 'shared');
  await inParallel(moving, width, async ({ id, name }) => {
    const path = `/images/${id}/members`;
    const { status, body } = await session.call({ method: 'GET', service: 'image', path, tolerate: [403, 404], signal });
    const { members = [] } = (status === 200 ? body : {}) as { readonly members?: readonly unknown[] };
    if (members.length > 0) shared.push(`${name || id} (${members.length})`);
  });
  if (shared.length === 0) return [];
  return [
    {
      code: 'image.members',
      severity: 'warning',
      says: `Images are shared with other projects, which have other ids at the destination: ${firstFew(shared.sort(), listed)}.`,
      remedy: 'Share them there by hand: openstack image add project.',
    },
  ];
}

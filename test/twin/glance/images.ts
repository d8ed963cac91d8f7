import type { Cloud } from '../cloud.ts';
import { stamp } from '../identifier.ts';
import type { Caller } from '../policy.ts';
import { forbidden, notFound } from '../refusal.ts';
import type { Call } from '../route.ts';
import type { Image } from './model.ts';

/**
 * Attributes that Glance makes itself; whoever sends one is refused with 403 (glance/domain,
 * ImageFactory).
 */
const readOnly: ReadonlySet<string> = new Set([
  'created_at',
  'updated_at',
  'status',
  'checksum',
  'size',
  'virtual_size',
  'direct_url',
  'self',
  'file',
  'schema',
  'stores',
]);

/**
 * Attributes of a new image that Glance ignores; a patch of them is refused like the others.
 */
export const unheard: ReadonlySet<string> = new Set(['os_hash_algo', 'os_hash_value']);

/** Attributes that nobody may send (RequestDeserializer in glance/api/v2/images.py). */
const reserved: ReadonlySet<string> = new Set(['location', 'locations', 'deleted', 'deleted_at']);

/** The attributes of an image that have a column of their own; every other key is a property. */
export const ownAttributes: ReadonlySet<string> = new Set([
  'id',
  'name',
  'owner',
  'visibility',
  'protected',
  'os_hidden',
  'disk_format',
  'container_format',
  'min_disk',
  'min_ram',
  'tags',
]);

/** Refuses a key that the caller may not set. */
export function checkKey(key: string): void {
  if (readOnly.has(key)) throw forbidden(`Attribute '${key}' is read-only.`);
  if (reserved.has(key) || key.startsWith('os_glance_')) throw forbidden(`Attribute '${key}' is reserved.`);
}

/**
 * The image as Glance shows it (Image API v2, "Show image"): properties stand beside the
 * attributes.
 */
export function imageView(image: Image): Record<string, unknown> {
  return {
    ...image.properties,
    name: image.name,
    disk_format: image.diskFormat,
    container_format: image.containerFormat,
    visibility: image.visibility,
    size: image.size,
    virtual_size: image.virtualSize,
    status: image.status,
    checksum: image.md5,
    protected: image.protected,
    min_ram: image.minRam,
    min_disk: image.minDisk,
    owner: image.owner,
    os_hidden: image.hidden,
    os_hash_algo: image.sha512 === null ? null : (image.hashing ?? 'sha512'),
    os_hash_value: image.sha512,
    id: image.id,
    created_at: image.createdAt,
    updated_at: image.updatedAt,
    tags: image.tags,
    self: `/v2/images/${image.id}`,
    file: `/v2/images/${image.id}/file`,
    schema: '/v2/schemas/image',
    // Only images with data have a store; a packaged install with `enabled_backends` shows it.
    ...(image.status === 'active' ? { stores: 'file' } : {}),
  };
}

/** Whether the caller may see an image by its id. */
export function maySee(caller: Caller, image: Image): boolean {
  if (caller.admin || image.owner === caller.projectId) return true;
  if (image.visibility === 'public' || image.visibility === 'community') return true;
  return image.visibility === 'shared' && image.members[caller.projectId] !== undefined;
}

/** The image of a path, visible to the caller. */
export function imageOf(call: Call): Image {
  const image = call.cloud.state.images.get(call.param('id'));
  if (image === undefined || !maySee(call.caller, image)) throw notFound(`No image found with ID ${call.param('id')}`);
  return image;
}

/** The image of a path, which the caller may change. */
export function ownImageOf(call: Call, verb: string): Image {
  const image = imageOf(call);
  if (!call.caller.admin && image.owner !== call.caller.projectId) {
    throw forbidden(`You are not permitted to ${verb} this image.`);
  }
  return image;
}

/** Notes that an image has changed. */
export function touch(cloud: Cloud, image: Image): void {
  image.updatedAt = stamp();
  cloud.changed();
}

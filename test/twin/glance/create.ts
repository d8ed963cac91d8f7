import { z } from 'zod';
import { parse } from '../body.ts';
import { type Cloud, quotaOf } from '../cloud.ts';
import { newUuid, stamp } from '../identifier.ts';
import { conflict, forbidden, Refusal } from '../refusal.ts';
import type { Answer, Call } from '../route.ts';
import { checkKey, imageView, ownAttributes, unheard } from './images.ts';
import type { Image } from './model.ts';

/** Formats that Zed's glance-api accepts by default. */
export const diskFormats = ['ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'ploop', 'iso'] as const;
/** Formats of containers that it accepts. */
export const containerFormats = ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'] as const;

/** The largest value of the integer columns. */
const largest = 2 ** 31 - 1;

/**
 * The attributes a client may set, with Glance's limits; unknown keys are properties, whose values
 * must be strings.
 */
export const settable = {
  name: z.string().max(255).nullish(),
  visibility: z.enum(['public', 'private', 'shared', 'community']).optional(),
  protected: z.boolean().optional(),
  os_hidden: z.boolean().optional(),
  disk_format: z.enum(diskFormats).nullish(),
  container_format: z.enum(containerFormats).nullish(),
  min_disk: z.int().nonnegative().max(largest).optional(),
  min_ram: z.int().nonnegative().max(largest).optional(),
  tags: z.array(z.string().max(255)).optional(),
  owner: z.string().max(255).nullish(),
};

const newImage = z.object({ id: z.uuid().optional(), ...settable }).catchall(z.string());

/** POST /v2/images: makes the record; the bytes come later. */
export function createImage(call: Call): Answer {
  const { cloud, caller } = call;
  for (const key of Object.keys((call.body ?? {}) as object)) checkKey(key);
  const given = parse(newImage, call.body);
  if (given.visibility === 'public' && !caller.admin)
    throw forbidden('You are not authorized to complete publicize_image action.');
  if (given.owner && given.owner !== caller.projectId && !caller.admin) {
    throw forbidden(`You are not permitted to create images owned by '${given.owner}'.`);
  }
  const id = given.id ?? newUuid();
  if (cloud.state.images.has(id)) throw conflict(`Image ID ${id} already exists!`);
  checkImageCount(cloud, caller.projectId);
  const properties: Record<string, string> = {};
  for (const [key, value] of Object.entries(given))
    if (!ownAttributes.has(key) && !unheard.has(key) && typeof value === 'string') properties[key] = value;
  const image = blankImage(id, given.owner ?? caller.projectId, {
    name: given.name ?? null,
    visibility: given.visibility ?? 'shared',
    protected: given.protected ?? false,
    hidden: given.os_hidden ?? false,
    diskFormat: given.disk_format ?? null,
    containerFormat: given.container_format ?? null,
    minDisk: given.min_disk ?? 0,
    minRam: given.min_ram ?? 0,
    tags: [...new Set(given.tags)],
    properties,
  });
  cloud.state.images.set(id, image);
  cloud.changed();
  const location = `${cloud.url('image')}/v2/images/${id}`;
  return {
    status: 201,
    headers: { location, 'openstack-image-import-methods': 'glance-direct,web-download' },
    body: imageView(image),
  };
}

/**
 * What a project stores, with its limits; sizes in MiB (Image API v2.13, "Show usage"). A cloud
 * without limits in Keystone tells none.
 */
export function usage({ cloud, caller }: Call): Answer {
  const own = [...cloud.state.images.values()].filter((image) => image.owner === caller.projectId);
  const limits = {
    count: quotaOf(cloud, 'image', caller.projectId, 'image_count'),
    bytes: quotaOf(cloud, 'image', caller.projectId, 'image_bytes'),
  };
  const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);
  const told = {
    ...(limits.count < 0 ? {} : { image_count_total: { limit: limits.count, usage: own.length } }),
    ...(limits.bytes < 0
      ? {}
      : {
          image_size_total: {
            limit: mebibytes(limits.bytes),
            usage: mebibytes(own.reduce((sum, { size }) => sum + (size ?? 0), 0)),
          },
        }),
  };
  return { status: 200, body: { usage: told } };
}

/** Refuses one image more than the project's quota allows (unified limits of Glance answer 413). */
export function checkImageCount(cloud: Cloud, projectId: string): void {
  const limit = quotaOf(cloud, 'image', projectId, 'image_count');
  const used = [...cloud.state.images.values()].filter((image) => image.owner === projectId).length;
  if (limit >= 0 && used >= limit) throw new Refusal(413, `Project ${projectId} is over a limit for image_count_total`);
}

type Chosen = Pick<
  Image,
  'name' | 'visibility' | 'protected' | 'hidden' | 'diskFormat' | 'containerFormat' | 'minDisk' | 'minRam' | 'tags' | 'properties'
>;

/** An image without data. */
export function blankImage(id: string, owner: string, chosen: Chosen): Image {
  const now = stamp();
  const empty = { size: null, virtualSize: null, md5: null, sha512: null, members: {}, createdAt: now, updatedAt: now };
  return { id, owner, status: 'queued', ...chosen, ...empty };
}

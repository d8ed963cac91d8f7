import { mappedVolumeType } from '../../../model/mappings.ts';
import { diskIdOf, idOf, type Ref, type ResourceOf, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiVolume } from '../api.ts';
import { compare, differencesOf, withMore } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { createOrFind } from '../session/late.ts';
import { imageStamp, ownIdKey } from '../stamp.ts';
import { listTypes, listVolumeZones, typeNamed } from '../volumes/places.ts';
import { actOn, createOf, destroyOf, readOf, stampedOf, untilAvailable } from '../volumes/read.ts';
import { isLate, isUnchecked, uncheckedKey, uncheckedMark } from '../volumes/unchecked.ts';
import { disk as diskImage, inUse, removeImages } from './disk.ts';
import { type Family, gone } from './family.ts';
import { readBack } from './read-back.ts';
import type { Site } from './site.ts';
import { unstamped } from './stamped.ts';

/**
 * Volumes: made from an image of the verified disk, which goes away again, and read back. Where the
 * volume is a clone of the image, this stays as long as the volume. A volume carries a mark from
 * its creation until it has been read back.
 */
export const volume: Family<'volume'> = {
  async ensure(site, resource, context) {
    const earlier = await usable(site, resource, context);
    const id = earlier?.id ?? (await fromImage(site, resource, context));
    if (earlier === undefined || !isTaken(earlier)) {
      const is = await untilAvailable(site.session, 'volume', id, context);
      if (isUnchecked(is)) await check(site, resource, is, context);
    }
    await removeImages(site, refOf('disk', resource.disk_id), context, [inUse]);
    return { id, how: earlier === undefined ? 'created' : 'found' };
  },

  async find(site, resource, context) {
    return (await stamped(site, refOf('volume', resource.id), context)).at(0)?.id ?? null;
  },

  async differences(site, resource, id, context) {
    const is = await readOf(site.session, 'volume', id, context.signal);
    if (is === null) return gone('volume', id);
    const type = await typeFor(site, resource, context);
    const fatal = compare({
      status: ['available', ['in-use', 'reserved'].includes(is.status) ? 'available' : is.status],
      volume_type: [type ?? is.volume_type, is.volume_type],
      read_only: [resource.read_only, is.metadata['readonly'] === 'True'],
    });
    const zone = wantedZone(diskOf(resource, context).server_id, resource, context.mappings) || is.availability_zone;
    const image = await diskImage.find(site, diskOf(resource, context), context);
    const told = compare({
      availability_zone: [zone, is.availability_zone],
      'image that it depends on': ['none', image ?? 'none'],
      // Cinder refuses it in a request: the type decides, and the plan has told where it does not.
      multiattach: [resource.multiattach || is.multiattach, is.multiattach],
    });
    const answer = { ...is, volume_image_metadata: is.volume_image_metadata ?? {} };
    return withMore(await differencesOf(site, resource, answer, context), fatal, told);
  },

  async remove(site, id, campaign, patience, ref) {
    const { signal } = patience;
    for (const late of await stamped(site, ref, { campaign, signal }))
      if (late.id !== id && isLate(late)) await destroyOf(site.session, 'volume', late.id, patience);
    const is = await readOf(site.session, 'volume', id, signal);
    if (is !== null && is.metadata['godwit_campaign'] !== campaign) throw unstamped('volume', id, campaign);
    const wasThere = is !== null && (await destroyOf(site.session, 'volume', id, patience));
    // An unfinished creation may have left the image, and no volume; one may have kept its image.
    await removeImages(site, refOf('disk', diskIdOf(idOf(ref))), { campaign, signal });
    return wasThere;
  },
};

/** The volumes this campaign made for a volume of the source. */
async function stamped(
  site: Site,
  ref: Ref,
  { campaign, signal }: Pick<BuildContext, 'campaign' | 'signal'>,
): Promise<ApiVolume[]> {
  return stampedOf(site.session, 'volume', imageStamp(campaign, ref), signal);
}

/** Whether the server of a volume that was read back has it by now. */
function isTaken(volume: ApiVolume): boolean {
  return !isUnchecked(volume) && ['reserved', 'attaching', 'in-use'].includes(volume.status);
}

/** The volume of an earlier call; unchecked ones that failed, or are too many, are deleted. */
async function usable(site: Site, resource: ResourceOf<'volume'>, context: BuildContext): Promise<ApiVolume | undefined> {
  const all = await stamped(site, refOf('volume', resource.id), context);
  const [first, ...others] = all.filter(({ status }) => !/error|deleting/.test(status));
  const useless = [...others, ...all.filter(({ status }) => status.startsWith('error'))];
  for (const one of useless.filter(isLate)) await destroyOf(site.session, 'volume', one.id, context);
  return first;
}

/** Registers the disk as an image and asks for a volume of it; returns the volume's id. */
async function fromImage(site: Site, resource: ResourceOf<'volume'>, context: BuildContext): Promise<string> {
  const { campaign, signal } = context;
  const ref = refOf('volume', resource.id);
  const image = await diskImage.ensure(site, diskOf(resource, context), context);
  const body = {
    ...(await requestFor(site, resource, context)),
    imageRef: image.id,
    metadata: { ...resource.metadata, ...imageStamp(campaign, ref), ...uncheckedMark },
    ...(await placeOf(site, resource, context)),
  };
  return createOrFind(
    () => createOf(site.session, 'volume', body, signal),
    async () => (await stamped(site, ref, context)).at(0)?.id ?? null,
    signal,
  );
}

function diskOf(resource: ResourceOf<'volume'>, context: BuildContext): ResourceOf<'disk'> {
  return context.resource(refOf('disk', resource.disk_id)) as ResourceOf<'disk'>;
}

/** Type and zone, as far as they are not left to the cloud. */
async function placeOf(site: Site, resource: ResourceOf<'volume'>, context: BuildContext): Promise<Record<string, string>> {
  const type = await typeFor(site, resource, context);
  const zone = wantedZone(diskOf(resource, context).server_id, resource, context.mappings);
  const hasZone = (await listVolumeZones(site.session, context.signal)).includes(zone);
  return {
    ...(type === null ? {} : { volume_type: type }),
    ...(hasZone ? { availability_zone: zone } : {}),
  };
}

/**
 * The zone that a volume is to lie in: that of its server where the plan names one, else the
 * source's. A cloud may refuse a server with volumes of another zone (nova.conf, cross_az_attach).
 */
export function wantedZone(
  serverId: string,
  { availability_zone: zone }: Pick<ResourceOf<'volume'>, 'availability_zone'>,
  { servers = {} }: Pick<BuildContext['mappings'], 'servers'>,
): string {
  return servers[serverId]?.availability_zone.split(':')[0] ?? zone;
}

/** The destination's type for a volume; null for one without a type. Throws E_NOT_FOUND. */
async function typeFor(
  site: Site,
  { volume_type }: ResourceOf<'volume'>,
  { mappings, signal }: BuildContext,
): Promise<string | null> {
  if (volume_type === null) return null;
  const to = mappedVolumeType(mappings, volume_type);
  const found = typeNamed(await listTypes(site.session, signal), to);
  if (found !== undefined) return found.name;
  throw new Problem('E_NOT_FOUND', `The destination has no volume type ${to}, which stands for ${volume_type}.`, {
    hint: 'Name one in `mappings.volume_types`.',
  });
}

/**
 * Compares the bytes of a new volume with the disk, and gives it the image metadata of the source.
 * The mark is taken from it last. One that differs is deleted.
 */
async function check(site: Site, resource: ResourceOf<'volume'>, is: ApiVolume, context: BuildContext): Promise<void> {
  try {
    await readBack(site, is, diskOf(resource, context), context);
  } catch (error) {
    if (error instanceof Problem && error.code === 'E_IMAGE_MISMATCH') await destroyOf(site.session, 'volume', is.id, context);
    throw error;
  }
  const { signal } = context;
  const act = (action: string, parameters: object, tolerate?: readonly number[]): Promise<unknown> =>
    actOn(site.session, is.id, action, { ...parameters }, signal, tolerate);
  const { bootable, read_only, image_metadata } = resource;
  if (String(bootable) !== is.bootable) await act('os-set_bootable', { bootable });
  if (read_only) await act('os-update_readonly_flag', { readonly: true });
  if (Object.keys(image_metadata).length > 0) await act('os-set_image_metadata', { metadata: image_metadata });
  // The volume has what its image told, our stamp included, even where a policy hides it.
  const stamp = imageStamp(context.campaign, refOf('volume', resource.id));
  const told = [...Object.keys(is.volume_image_metadata ?? {}), ...Object.keys(stamp), ownIdKey];
  for (const key of new Set(told)) if (!(key in image_metadata)) await act('os-unset_image_metadata', { key }, [404]);
  const path = `/volumes/${is.id}/metadata/${uncheckedKey}`;
  await site.session.call({ method: 'DELETE', service: 'volume', path, tolerate: [404], signal });
}

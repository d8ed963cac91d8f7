import { type Ref, type ResourceOf, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiImage } from '../api.ts';
import { byName } from '../attributes/canonical.ts';
import { compare, differencesOf, withMore } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { carriedProperties, movable } from '../images/image-properties.ts';
import { listImages } from '../images/list-images.ts';
import { readImage } from '../images/snapshots.ts';
import { thingOf } from '../session/answer.ts';
import { createOrFind } from '../session/late.ts';
import { isAdmin } from '../session/token.ts';
import { carries, imageStamp, isMadeByUs, newImage } from '../stamp.ts';
import { attempts, destroyImage, type ImageBytes, isWhole, mayPass, upload } from './disk.ts';
import { type Family, gone } from './family.ts';
import { memberDifferences, shareImage } from './image-members.ts';
import type { Site } from './site.ts';
import { unstamped } from './stamped.ts';

/**
 * Images of the project: made with every attribute, filled with the bytes that the source stored,
 * whatever their format is, and protected last of all.
 */
export const image: Family<'image'> = {
  async ensure(site, resource, context) {
    const { disk: source, signal } = context;
    if (source === undefined)
      throw new Problem('E_CAMPAIGN_STATE', `Image ${resource.id} is a reference; its bytes do not move.`);
    for (const earlier of await stamped(site, refOf('image', resource.id), context)) {
      if (await isWhole(earlier, source, context)) {
        await finish(site, resource, earlier, context);
        return { id: earlier.id, how: 'found' };
      }
      await destroy(site, earlier, signal);
    }
    const file: ImageBytes = { format: 'stored', virtualSize: source.size, bytes: source };
    for (let attempt = 1; ; attempt++) {
      const made = await create(site, resource, context);
      try {
        await site.uploads.run(() => upload(site, made, file, context), signal);
      } catch (error) {
        if (!signal.aborted) await destroyImage(site, made.id, signal);
        if (attempt >= attempts || !mayPass(error)) throw error;
        continue;
      }
      await finish(site, resource, made, context);
      return { id: made.id, how: 'created' };
    }
  },

  async find(site, resource, context) {
    return (await stamped(site, refOf('image', resource.id), context)).at(0)?.id ?? null;
  },

  async differences(site, resource, id, context) {
    const is = await readImage(site.session, id, context.signal);
    if (is === null) return gone('image', id);
    const { disk: source } = context;
    const same = source === undefined || (await isWhole(is, source, context));
    const kept = carriedProperties(is);
    const lost = Object.keys(resource.properties).filter((name) => kept[name] !== resource.properties[name]);
    const added = Object.keys(kept).filter((name) => !Object.hasOwn(resource.properties, name));
    const fatal = compare({
      status: ['active', is.status],
      bytes: ['the same', same ? 'the same' : 'others, by its own digest'],
      'properties that differ': [[], byName(Object.fromEntries(lost.map((name) => [name, kept[name] ?? 'absent'])))],
    });
    // Glance may add properties to every image (the import plugin `inject_image_metadata`).
    const more = compare({ 'further properties': [[], added.sort()] });
    const told = [...more, ...(await memberDifferences(site, resource, is, context))];
    return withMore(await differencesOf(site, resource, { ...is, name: is.name ?? '' }, context), fatal, told);
  },

  async remove(site, id, campaign, { signal }, ref) {
    for (const late of await stamped(site, ref, { campaign, signal })) if (late.id !== id) await destroy(site, late, signal);
    const is = await readImage(site.session, id, signal);
    if (is === null) return false;
    if (is['godwit_campaign'] !== campaign || is['instance_uuid'] !== undefined) throw unstamped('image', id, campaign);
    return destroy(site, is, signal);
  },
};

/** The images this campaign made for one of the source; those that users made of them are not. */
async function stamped(
  site: Site,
  ref: Ref,
  { campaign, signal }: Pick<BuildContext, 'campaign' | 'signal'>,
): Promise<ApiImage[]> {
  const stamp = imageStamp(campaign, ref);
  const all = await listImages(site.session, stamp, signal);
  return all.filter((one) => carries(one, stamp) && isMadeByUs(one));
}

/**
 * Image API v2, "Create image". Only an admin makes one public, where the receiver's configuration
 * allows it; any other stays private.
 */
async function create(site: Site, resource: ResourceOf<'image'>, context: BuildContext): Promise<ApiImage> {
  const { campaign, signal } = context;
  const ref = refOf('image', resource.id);
  const mayPublish = site.allow.public_images && isAdmin(await site.session.token(signal));
  const body = {
    ...movable(resource.properties),
    ...newImage(campaign, ref),
    ...(await requestFor(site, resource, context)),
    visibility: resource.visibility === 'public' && !mayPublish ? 'private' : resource.visibility,
  };
  const call = { method: 'POST', service: 'image', path: '/images', body, signal } as const;
  return createOrFind(
    async () => thingOf<ApiImage>((await site.session.call(call)).body, 'POST /images'),
    async () => (await stamped(site, ref, context)).find(({ status }) => status === 'queued') ?? null,
    signal,
  );
}

/**
 * Shares an image, and protects one that was protected: until then it can be deleted where its
 * upload failed.
 */
async function finish(site: Site, resource: ResourceOf<'image'>, image: ApiImage, context: BuildContext): Promise<void> {
  await shareImage(site, resource, image, context);
  if (!resource.protected) return;
  await patchImage(site, image.id, [{ op: 'replace', path: '/protected', value: true }], context.signal);
}

async function destroy(site: Site, { id, protected: isProtected }: ApiImage, signal: AbortSignal): Promise<boolean> {
  if (isProtected === true) await patchImage(site, id, [{ op: 'replace', path: '/protected', value: false }], signal);
  return destroyImage(site, id, signal);
}

/** One change of an image. */
interface ImagePatch {
  readonly op: 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

/** Image API v2, "Update image": a list of changes that are made together. */
export async function patchImage(site: Site, id: string, body: readonly ImagePatch[], signal: AbortSignal): Promise<void> {
  const headers = { 'content-type': 'application/openstack-images-v2.1-json-patch' };
  await site.session.call({ method: 'PATCH', service: 'image', path: `/images/${id}`, body, headers, mayBeGone: true, signal });
}

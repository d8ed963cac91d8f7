import { type Ref, type ResourceOf, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { Patience } from '../../patience.ts';
import type { ApiPort, ApiServer } from '../api.ts';
import { compare, differencesOf, withMore } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { bring, changes, readServer } from '../servers/server-state.ts';
import { createOrFind } from '../session/late.ts';
import { listAll } from '../session/pages.ts';
import { until } from '../session/wait.ts';
import { campaignTag, tagsOf } from '../stamp.ts';
import { type Family, gone } from './family.ts';
import { presentFlavor, presentFlavorName } from './flavor.ts';
import { orderOf, unwired } from './port-order.ts';
import { tagDifferences, taggedPort } from './port-tags.ts';
import { lackedGroup } from './server-group.ts';
import { blockDevices, flagVolumes, keepVolumes, volumeDifferences } from './server-volumes.ts';
import type { Site } from './site.ts';
import { unstamped } from './stamped.ts';

/**
 * Servers: created from the registered disk or from volumes, on existing ports, in order; stopped
 * again if the source was stopped.
 */
export const server: Family<'server'> = {
  async ensure(site, resource, context) {
    const earlier = await ownServer(site, resource, context);
    if (earlier !== null) {
      refuseOtherDisk(resource, earlier, context);
      return { id: earlier.id, how: 'found', seen: await readyServer(site, resource, earlier.id, context) };
    }
    const id = await createOrFind(
      () => create(site, resource, context),
      async () => (await stamped(site, refIn(resource), context)).at(0)?.id ?? null,
      context.signal,
    );
    return { id, how: 'created', seen: await readyServer(site, resource, id, context) };
  },

  async find(site, resource, context) {
    return (await stamped(site, refIn(resource), context)).at(0)?.id ?? null;
  },

  async differences(site, resource, id, context, seen?: ApiServer) {
    const is = seen ?? (await readServer(site.session, id, context.signal));
    if (is === null) return gone('server', id);
    const ports = resource.ports.map((port) => context.built(refOf('port', port)));
    const there = await site.network<ApiPort>('/ports', 'ports', { device_id: is.id }, context.signal);
    const [zone] = context.mappings.servers?.[resource.id]?.availability_zone.split(':') ?? [];
    const isZone = is['OS-EXT-AZ:availability_zone'] ?? '';
    const fatal = compare({
      status: [resource.power === 'stopped' ? 'SHUTOFF' : 'ACTIVE', is.status],
      image: [imageId(resource, context), is.image ? is.image.id : null],
      ports: [ports, orderOf(is, ports, there)],
    });
    const lacks = await lackedGroup(site, resource, is, context);
    const tags = await tagDifferences(site, resource, id, context);
    const silent = is.status === 'ACTIVE' ? unwired(there) : [];
    const flavor = await presentFlavorName(site, resource, context);
    const { original_name } = is.flavor;
    const told = [
      ...compare({ availability_zone: [zone ?? isZone, isZone], flavor_id: [flavor ?? original_name, original_name] }),
      ...lacks,
      ...silent,
      ...tags,
    ];
    const volumes = await volumeDifferences(site, resource, is, context);
    const more = withMore(volumes, fatal, told);
    return withMore(await differencesOf(site, resource, is, context), more.fatal, more.told);
  },

  async remove(site, id, campaign, patience, ref) {
    const late = await stamped(site, ref, { campaign, signal: patience.signal });
    for (const one of late) if (one.id !== id) await destroy(site, one.id, patience);
    const is = await readServer(site.session, id, patience.signal);
    if (is === null) return false;
    if (!is.tags?.includes(campaignTag(campaign))) throw unstamped('server', id, campaign);
    patience.wanted?.throwIfAborted();
    await destroy(site, id, patience);
    return true;
  },
};

function refIn({ id }: ResourceOf<'server'>): Ref {
  return refOf('server', id);
}

/**
 * The servers this campaign made for a source server. There are several if a creation went on after
 * it had failed.
 */
async function stamped(
  site: Site,
  ref: Ref,
  { campaign, signal }: Pick<BuildContext, 'campaign' | 'signal'>,
): Promise<ApiServer[]> {
  const query = { tags: tagsOf(campaign, ref).join(',') };
  const all = await listAll<ApiServer>(
    site.session,
    { service: 'compute', path: '/servers/detail', key: 'servers', query },
    signal,
  );
  return all.filter((one) => one.tags?.includes(campaignTag(campaign)));
}

/**
 * The working server of an earlier attempt. Failed ones are deleted, because their ports are
 * needed.
 */
async function ownServer(site: Site, resource: ResourceOf<'server'>, context: BuildContext): Promise<ApiServer | null> {
  const all = await stamped(site, refIn(resource), context);
  for (const one of all) if (one.status === 'ERROR') await destroyFailed(site, resource, one.id, context);
  const [first, ...others] = all.filter((one) => one.status !== 'ERROR');
  if (others.length === 0) return first ?? null;
  const ids = all.map((one) => one.id).join(', ');
  throw new Problem('E_CONFLICT', `Several servers at the destination carry the stamp of server ${resource.id}: ${ids}.`, {
    about: refIn(resource),
    hint: 'Delete those that do not run, then resume.',
  });
}

/** Refuses a server that an earlier attempt built from an earlier copy of the disk. */
function refuseOtherDisk(resource: ResourceOf<'server'>, earlier: ApiServer, context: BuildContext): void {
  const image = imageId(resource, context);
  if (!earlier.image || image === null || earlier.image.id === image) return;
  throw new Problem(
    'E_CONFLICT',
    `Server ${earlier.id} carries our stamp, but was made from another copy of the disk (${earlier.image.id}).`,
    {
      about: refOf('server', resource.id),
      hint: 'Delete it at the destination, then resume.',
    },
  );
}

/** The image of the disk that it has of its own; null where it boots from a volume. */
function imageId(resource: ResourceOf<'server'>, context: BuildContext): string | null {
  const own = resource.disks.find((id) => (context.resource(refOf('disk', id)) as ResourceOf<'disk'>).volume_id === null);
  if (own !== undefined) return context.built(refOf('disk', own));
  if (resource.volumes.some(({ boot_index }) => boot_index === 0)) return null;
  throw new Problem('E_UNSUPPORTED', `Server ${resource.name} has no disk to boot from.`, {
    about: refOf('server', resource.id),
  });
}

/** Compute API, "Create server", microversion 2.52 or newer for tags. */
async function create(site: Site, resource: ResourceOf<'server'>, context: BuildContext): Promise<string> {
  const { signal, campaign } = context;
  const zone = context.mappings.servers?.[resource.id]?.availability_zone;
  const ports = resource.ports.map((port) => taggedPort(resource, port, context));
  const flavor = context.resource(refOf('flavor', resource.flavor_id)) as ResourceOf<'flavor'>;
  const image = imageId(resource, context);
  const server = {
    ...(await requestFor(site, resource, context)),
    ...(image === null ? {} : { imageRef: image }),
    ...blockDevices(resource, image, context),
    flavorRef: await presentFlavor(site, flavor, context),
    networks: ports.length === 0 ? 'none' : ports,
    tags: [...new Set([...resource.tags, ...tagsOf(campaign, refOf('server', resource.id))])],
    ...(zone === undefined ? {} : { availability_zone: zone }),
  };
  const group = resource.server_group_id;
  const hints = group === null ? {} : { 'os:scheduler_hints': { group: context.built(refOf('server_group', group)) } };
  return (await site.send<{ id: string }>('POST', 'compute', '/servers', { server, ...hints }, 'server', signal)).id;
}

/**
 * Waits for the server to run, stops it if the source was stopped, and returns it. A failed one is
 * deleted, so that a retry builds another.
 */
async function readyServer(site: Site, resource: ResourceOf<'server'>, id: string, context: BuildContext): Promise<ApiServer> {
  const about = refOf('server', resource.id);
  const built = await until(`Server ${resource.name} becoming ACTIVE`, context, async () => {
    const is = await readServer(site.session, id, context.signal);
    if (is === null)
      throw new Problem('E_SERVER_FAULT', `Server ${resource.name} (${id}) vanished while it was built.`, { about });
    if (is.status === 'ERROR') {
      const why = is.fault?.message ?? 'the cloud gives no message';
      await destroyFailed(site, resource, id, context);
      throw new Problem('E_SERVER_FAULT', `Server ${resource.name} could not be built at the destination: ${why}`, { about });
    }
    return is.status === 'ACTIVE' || is.status === 'SHUTOFF' ? is : undefined;
  });
  const ready = resource.power === 'stopped' ? await bring(site.session, id, changes.stop, context) : built;
  await flagVolumes(site, resource, id, context);
  return ready;
}

/** Deletes a failed server, and none of the volumes that were built for it. */
async function destroyFailed(site: Site, resource: ResourceOf<'server'>, id: string, context: BuildContext): Promise<void> {
  await keepVolumes(site, resource, id, context);
  await destroy(site, id, context);
}

/** Deletes a server and waits until it is gone, because its ports are free only then. */
async function destroy(site: Site, id: string, patience: Patience): Promise<void> {
  const { signal } = patience;
  await site.session.call({ method: 'DELETE', service: 'compute', path: `/servers/${id}`, mayBeGone: true, signal });
  await until(`The end of server ${id}`, patience, async () =>
    (await readServer(site.session, id, signal)) === null ? true : undefined,
  );
}

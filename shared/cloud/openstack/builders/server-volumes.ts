import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { BuildContext, Differences } from '../../destination-cloud.ts';
import type { ApiServer } from '../api.ts';
import { compare } from '../attributes/differences.ts';
import { readAttachments } from '../volumes/attachments.ts';
import type { Site } from './site.ts';

/**
 * The volumes of a creation request, in order. Beside volumes the image's own disk is named as
 * well, as the first of all (nova/compute/api.py, `_check_and_transform_bdm`). No volume goes with
 * its server yet: a server that fails is deleted, and another is made of the same volumes.
 */
export function blockDevices(
  { volumes }: ResourceOf<'server'>,
  image: string | null,
  context: BuildContext,
): { readonly block_device_mapping_v2?: readonly object[] } {
  if (volumes.length === 0) return {};
  const own = {
    uuid: image,
    source_type: 'image',
    destination_type: 'local',
    boot_index: 0,
    delete_on_termination: true,
  };
  const rootFirst = [...volumes].sort((a, b) => Number(b.boot_index === 0) - Number(a.boot_index === 0));
  const devices = rootFirst.map(({ volume_id, boot_index, tag }) => ({
    uuid: context.built(refOf('volume', volume_id)),
    source_type: 'volume',
    destination_type: 'volume',
    boot_index,
    delete_on_termination: false,
    ...(tag === null ? {} : { tag }),
  }));
  return { block_device_mapping_v2: image === null ? devices : [own, ...devices] };
}

/** The first microversion that changes a flag. Compute API, "Update a volume attachment". */
export const flagChangeable = '2.85';

/**
 * The first microversion that attaches volumes which several servers may have
 * (nova/compute/api.py, `_check_attach_and_reserve_volume`). Cinder gives one to a single server at
 * a time: while it is reserved for that it refuses others (cinder/volume/api.py,
 * `_attachment_reserve`).
 */
export const sharedAttachable = '2.60';

/**
 * Lets those volumes go with their server that did at the source, once it is as wanted. An older
 * Nova keeps them, as preflight has told.
 */
export async function flagVolumes(
  site: Site,
  { volumes }: ResourceOf<'server'>,
  id: string,
  context: BuildContext,
): Promise<void> {
  const going = volumes.filter(({ delete_on_termination }) => delete_on_termination);
  await setFlags(site, going, id, true, context);
}

/**
 * Keeps all volumes of a failed server, before it is deleted: another is made of them. An attempt
 * that came to its end has set their flags.
 */
export async function keepVolumes(
  site: Site,
  { volumes }: ResourceOf<'server'>,
  id: string,
  context: BuildContext,
): Promise<void> {
  await setFlags(site, volumes, id, false, context);
}

async function setFlags(
  site: Site,
  volumes: ResourceOf<'server'>['volumes'],
  id: string,
  delete_on_termination: boolean,
  context: BuildContext,
): Promise<void> {
  const { signal } = context;
  if (volumes.length === 0 || !(await site.offers(flagChangeable, signal))) return;
  for (const { volume_id } of volumes) {
    const volumeId = context.built(refOf('volume', volume_id));
    const path = `/servers/${id}/os-volume_attachments/${volumeId}`;
    const body = { volumeAttachment: { volumeId, delete_on_termination } };
    // A failed server may have lost a volume, or be gone: then nothing is to be kept.
    const tolerate = delete_on_termination ? [] : [404];
    await site.session.call({ method: 'PUT', service: 'compute', path, body, tolerate, signal });
  }
}

/** How the volumes of a new server differ from the wanted ones. */
export async function volumeDifferences(
  site: Site,
  { volumes }: ResourceOf<'server'>,
  is: ApiServer,
  context: BuildContext,
): Promise<Differences> {
  const attached = await readAttachments(site.session, is, context.signal);
  const wanted = volumes.map((one) => ({ ...one, id: context.built(refOf('volume', one.volume_id)) }));
  const pairs = wanted.map((one) => ({ one, found: attached.find(({ volumeId }) => volumeId === one.id) }));
  const fatal = compare({ volumes: [wanted.map(({ id }) => id).sort(), attached.map(({ volumeId }) => volumeId).sort()] });
  const told = pairs.flatMap(({ one, found }) =>
    found === undefined
      ? []
      : compare({
          [`device of volume ${one.id}`]: [one.device || found.device, found.device],
          // Before 2.70 and 2.79 Nova does not tell.
          [`tag of volume ${one.id}`]: [one.tag, found.tag === undefined ? one.tag : found.tag],
          [`flag of volume ${one.id}`]: [one.delete_on_termination, found.delete_on_termination ?? one.delete_on_termination],
        }),
  );
  return { fatal, told };
}

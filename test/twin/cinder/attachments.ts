import type { Cloud } from '../cloud.ts';
import { notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import type { Volume } from './model.ts';

/** The first microversion with attachments (NEW_ATTACH). */
const first = 27;

/**
 * What the NFS driver tells Nova of a volume. Its format is the one that the driver noted when it
 * made the volume, whatever the file is now (cinder/api/v3/attachments.py, `show`).
 */
function connectionOf({ settings }: Cloud, volume: Volume, attachment: string): object {
  return {
    export: 'twin:/volumes',
    name: `volume-${volume.id}`,
    options: null,
    format: settings.rawVolumes ? 'raw' : 'qcow2',
    qos_specs: null,
    access_mode: volume.readOnly ? 'ro' : 'rw',
    encrypted: volume.encrypted,
    cacheable: false,
    driver_volume_type: 'nfs',
    mount_point_base: '/var/lib/cinder/mnt',
    attachment_id: attachment,
  };
}

/** GET /v3/{project}/attachments/{id} (cinder/api/v3/views/attachments.py, `detail`). */
function show(call: Call): Answer {
  const { cloud, caller, minor } = call;
  const id = call.param('id');
  const volume = [...cloud.state.volumes.values()].find(({ attachments }) => attachments.some((one) => one.id === id));
  const found = volume?.attachments.find((one) => one.id === id);
  const maySee = volume !== undefined && (caller.admin || volume.projectId === caller.projectId);
  if (minor < first || found === undefined || !maySee)
    throw notFound(`Volume attachment could not be found with filter: attachment_id = ${id}.`);
  const attachment = {
    id,
    status: 'attached',
    instance: found.serverId,
    volume_id: volume.id,
    attached_at: found.attachedAt,
    detached_at: '',
    attach_mode: volume.readOnly ? 'ro' : 'rw',
    connection_info: connectionOf(cloud, volume, id),
  };
  return { status: 200, body: { attachment } };
}

/** The attachments of volumes, as far as their owner asks. */
export const attachmentRoutes: readonly Route[] = [route('volume', 'GET', '/v3/:project/attachments/:id', show)];

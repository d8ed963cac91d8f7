import type { Call } from '../route.ts';
import type { Volume, VolumeSnapshot } from './model.ts';

function linksOf({ cloud, caller }: Call, path: string): { rel: string; href: string }[] {
  const base = cloud.url('volume');
  return [
    { rel: 'self', href: `${base}/v3/${caller.projectId}/${path}` },
    { rel: 'bookmark', href: `${base}/${caller.projectId}/${path}` },
  ];
}

/** What a microversion, or the role admin, adds (Cinder's "REST API Version History"). */
function laterFields({ minor, caller }: Call, volume: Volume): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  if (minor >= 13) fields['group_id'] = volume.groupId;
  if (minor >= 48) fields['shared_targets'] = false;
  if (minor >= 48) fields['service_uuid'] = null;
  if (minor >= 63) fields['volume_type_id'] = volume.typeId;
  if (minor >= 65) fields['consumes_quota'] = true;
  if (!caller.admin) return fields;
  if (minor >= 21) fields['provider_id'] = null;
  if (minor >= 61) fields['cluster_name'] = null;
  fields['os-vol-host-attr:host'] = 'twin@nfs#nfs';
  fields['os-vol-mig-status-attr:migstat'] = null;
  fields['os-vol-mig-status-attr:name_id'] = null;
  fields['migration_status'] = null;
  return fields;
}

/** A volume as Cinder shows it (Block Storage API v3, "Show a volume's details"). */
export function volumeView(call: Call, volume: Volume): Record<string, unknown> {
  const { cloud } = call;
  return {
    id: volume.id,
    name: volume.name,
    description: volume.description,
    status: volume.status,
    size: volume.sizeGiB,
    availability_zone: volume.zone,
    created_at: volume.createdAt,
    updated_at: volume.updatedAt,
    attachments: volume.attachments.map(({ id, serverId, device, attachedAt }) => ({
      id: volume.id,
      attachment_id: id,
      volume_id: volume.id,
      server_id: serverId,
      host_name: call.caller.admin ? 'twin' : null,
      device,
      attached_at: attachedAt,
    })),
    volume_type: cloud.state.volumeTypes.get(volume.typeId)?.name ?? null,
    snapshot_id: volume.snapshotId,
    source_volid: volume.sourceVolumeId,
    // Two of Cinder's own notes stand there (cinder/utils.py, add_visible_admin_metadata).
    metadata: {
      ...volume.metadata,
      ...(volume.readOnly ? { readonly: 'True' } : {}),
      ...(volume.attachments.length > 0 ? { attached_mode: volume.readOnly ? 'ro' : 'rw' } : {}),
    },
    links: linksOf(call, `volumes/${volume.id}`),
    user_id: volume.userId,
    bootable: String(volume.bootable),
    encrypted: volume.encrypted,
    replication_status: null,
    consistencygroup_id: null,
    multiattach: volume.multiattach,
    'os-vol-tenant-attr:tenant_id': volume.projectId,
    ...laterFields(call, volume),
    ...(Object.keys(volume.imageMetadata).length > 0 ? { volume_image_metadata: volume.imageMetadata } : {}),
  };
}

/** The short form of the plain list. */
export const volumeBrief = (call: Call, { id, name }: Volume) => ({ id, name, links: linksOf(call, `volumes/${id}`) });

/** A snapshot as Cinder shows it (Block Storage API v3, "Show a snapshot's details"). */
export function snapshotView(call: Call, snapshot: VolumeSnapshot): Record<string, unknown> {
  return {
    id: snapshot.id,
    name: snapshot.name,
    description: snapshot.description,
    status: snapshot.status,
    size: snapshot.sizeGiB,
    volume_id: snapshot.volumeId,
    metadata: snapshot.metadata,
    created_at: snapshot.createdAt,
    updated_at: snapshot.updatedAt,
    'os-extended-snapshot-attributes:project_id': snapshot.projectId,
    'os-extended-snapshot-attributes:progress': snapshot.status === 'available' ? '100%' : '0%',
    ...(call.minor >= 14 ? { group_snapshot_id: null } : {}),
    ...(call.minor >= 41 ? { user_id: snapshot.userId } : {}),
    ...(call.minor >= 65 ? { consumes_quota: true } : {}),
  };
}

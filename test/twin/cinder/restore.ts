import { join } from 'node:path';
import { z } from 'zod';
import { parse } from '../body.ts';
import type { Cloud } from '../cloud.ts';
import { newUuid } from '../identifier.ts';
import { mayUse } from '../policy.ts';
import { notFound } from '../refusal.ts';
import type { Answer, Call } from '../route.ts';
import { fillVolume } from './fill.ts';
import type { Kept, Volume } from './model.ts';
import { checkVolumeQuota } from './quotas.ts';
import { bytesOf, cinderStamp, copyBytes, volumePath } from './volume.ts';

const pathOf = ({ settings }: Cloud, bytes: string): string => join(settings.stateDir, 'volume-backups', bytes);

/** What a backup keeps of a volume: bytes, metadata and image metadata. */
export async function backUp(cloud: Cloud, volume: Volume): Promise<NonNullable<Kept['backup']>> {
  const bytes = newUuid();
  await copyBytes(cloud, volumePath(cloud, volume.id), pathOf(cloud, bytes), bytesOf(cloud, volume.sizeGiB));
  return { volume: structuredClone(volume), bytes };
}

/**
 * POST /v3/{project}/backups/{id}/restore, into a new volume (cinder/backup/api.py, `restore`). It
 * is made of nothing, and gets what the backup has: name and description, all metadata, and those
 * of its image (cinder/backup/driver.py, BackupMetadataAPI, `_restore_vol_base_meta`,
 * `_restore_vol_meta`, `_restore_vol_glance_meta`).
 */
export function restore(call: Call): Answer {
  const { cloud, caller } = call;
  const kept = cloud.state.volumeKeeps.get(call.param('id'));
  if (kept?.backup === undefined || !mayUse(caller, kept.projectId))
    throw notFound(`Backup ${call.param('id')} could not be found.`);
  const given = parse(z.object({ restore: z.object({ name: z.string().nullish() }) }), call.body).restore;
  const { volume: was, bytes } = kept.backup;
  checkVolumeQuota(cloud, caller.projectId, 'volumes', was.sizeGiB, was.typeId);
  const now = cinderStamp();
  const volume: Volume = {
    ...structuredClone(was),
    id: newUuid(),
    name: given.name ?? was.name,
    status: 'creating',
    snapshotId: null,
    sourceVolumeId: null,
    cloneOfImage: null,
    groupId: null,
    attachments: [],
    createdAt: now,
    updatedAt: now,
  };
  cloud.state.volumes.set(volume.id, volume);
  cloud.changed();
  fillVolume(cloud, volume, { path: pathOf(cloud, bytes) });
  return { status: 202, body: { restore: { backup_id: kept.id, volume_id: volume.id, volume_name: volume.name } } };
}

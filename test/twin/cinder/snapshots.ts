import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { parse } from '../body.ts';
import type { Cloud } from '../cloud.ts';
import { newUuid } from '../identifier.ts';
import { pageOf } from '../nova/paging.ts';
import { badRequest } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { volumeMetadata } from './create.ts';
import type { Volume, VolumeSnapshot } from './model.ts';
import { checkVolumeQuota } from './quotas.ts';
import { snapshotView } from './view.ts';
import {
  bytesOf,
  cinderStamp,
  copyBytes,
  invalidVolume,
  snapshotOf,
  snapshotPath,
  touchVolume,
  volumeOf,
  volumePath,
} from './volume.ts';
import { listedProject } from './volumes.ts';

/** How long a snapshot takes to be made and to be deleted at pace 1. */
const stageMs = { creating: 300, deleting: 300 } as const;

const wanted = z.object({
  snapshot: z.looseObject({
    volume_id: z.string(),
    name: z.string().max(255).nullish(),
    description: z.string().max(255).nullish(),
    force: z.union([z.boolean(), z.string()]).optional(),
    metadata: volumeMetadata.nullish(),
  }),
});

/** The first microversion in which a volume in use needs no force (SNAPSHOT_IN_USE). */
const inUse = 66;

/** POST /v3/{project}/snapshots (cinder/api/v3/snapshots.py, `create`). */
function createSnapshot(call: Call): Answer {
  const { cloud, caller, minor } = call;
  const given = parse(wanted, call.body).snapshot;
  const isForced = /^(true|1|yes|on)$/i.test(String(given.force ?? 'false'));
  if (minor >= inUse && given.force !== undefined && !isForced)
    throw badRequest(
      "Invalid input received: Since microversion 3.66 the 'force' option is invalid for this request. For backward compatibility, however, when the 'force' flag is passed with a value evaluating to True, it is silently ignored.",
    );
  const volume = volumeOf(call, given.volume_id);
  const allowed = minor >= inUse || isForced ? ['available', 'in-use'] : ['available'];
  if (!allowed.includes(volume.status))
    throw invalidVolume(`Volume ${volume.id} status must be ${allowed.join(' or ')}, but current status is: ${volume.status}.`);
  checkVolumeQuota(cloud, caller.projectId, 'snapshots', volume.sizeGiB, volume.typeId);
  const snapshot = startVolumeSnapshot(call, volume, given.name ?? null, given.metadata ?? {}, given.description ?? null);
  return { status: 202, body: { snapshot: snapshotView(call, snapshot) } };
}

/** Makes the record of a snapshot, with the bytes of this moment, in the background. */
export function startVolumeSnapshot(
  { cloud, caller }: Call,
  volume: Volume,
  name: string | null,
  metadata: Readonly<Record<string, string>> = {},
  description: string | null = null,
): VolumeSnapshot {
  const now = cinderStamp();
  const snapshot: VolumeSnapshot = {
    id: newUuid(),
    volumeId: volume.id,
    name,
    description,
    status: 'creating',
    sizeGiB: volume.sizeGiB,
    projectId: caller.projectId,
    userId: caller.userId,
    metadata: { ...metadata },
    createdAt: now,
    updatedAt: now,
  };
  cloud.state.volumeSnapshots.set(snapshot.id, snapshot);
  cloud.changed();
  cloud.background.run(async () => {
    await cloud.background.pause(stageMs.creating);
    const path = snapshotPath(cloud, snapshot.id);
    await copyBytes(cloud, volumePath(cloud, volume.id), path, bytesOf(cloud, volume.sizeGiB));
    if (!cloud.state.volumeSnapshots.has(snapshot.id)) return rm(path, { force: true });
    const fault = cloud.faults.take('volume-error', snapshot.name ?? '');
    if (fault?.message !== undefined) snapshot.failure = fault.message;
    snapshot.status = fault === undefined ? 'available' : 'error';
    touchVolume(cloud, snapshot);
  });
  return snapshot;
}

function deleteSnapshot(call: Call): Answer {
  const snapshot = snapshotOf(call);
  if (!['available', 'error'].includes(snapshot.status))
    throw badRequest('Invalid snapshot: Snapshot status must be one of available, error');
  removeSnapshot(call.cloud, snapshot);
  return { status: 202 };
}

/** Deletes a snapshot in the background. */
export function removeSnapshot(cloud: Cloud, snapshot: VolumeSnapshot): void {
  snapshot.status = 'deleting';
  touchVolume(cloud, snapshot);
  cloud.background.run(async () => {
    await cloud.background.pause(stageMs.deleting);
    cloud.state.volumeSnapshots.delete(snapshot.id);
    cloud.changed();
    await rm(snapshotPath(cloud, snapshot.id), { force: true });
  });
}

function listSnapshots(call: Call): Answer {
  const { query, cloud } = call;
  const project = listedProject(call);
  const fits = (snapshot: VolumeSnapshot): boolean =>
    (project === null || snapshot.projectId === project) &&
    (query.get('volume_id') === null || query.get('volume_id') === snapshot.volumeId) &&
    (query.get('name') === null || query.get('name') === snapshot.name);
  const found = [...cloud.state.volumeSnapshots.values()].filter(fits).reverse();
  const base = `${cloud.url('volume')}/v3/${call.caller.projectId}`;
  const { page, links } = pageOf(call, found, 'snapshots/detail', base);
  const snapshots = page.map((snapshot) => snapshotView(call, snapshot));
  return { status: 200, body: { snapshots, ...(links.length > 0 ? { snapshots_links: links } : {}) } };
}

/** Snapshots of volumes. */
export const volumeSnapshotRoutes: readonly Route[] = [
  route('volume', 'GET', '/v3/:project/snapshots', listSnapshots),
  route('volume', 'GET', '/v3/:project/snapshots/detail', listSnapshots),
  route('volume', 'POST', '/v3/:project/snapshots', createSnapshot),
  route('volume', 'GET', '/v3/:project/snapshots/:id', (call) => ({
    status: 200,
    body: { snapshot: snapshotView(call, snapshotOf(call)) },
  })),
  route('volume', 'DELETE', '/v3/:project/snapshots/:id', deleteSnapshot),
];

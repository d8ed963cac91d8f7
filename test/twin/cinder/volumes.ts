import { z } from 'zod';
import { parse } from '../body.ts';
import { pageOf } from '../nova/paging.ts';
import { requireAdmin } from '../policy.ts';
import { notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { createVolume, volumeMetadata } from './create.ts';
import { removeVolume } from './fill.ts';
import type { Volume } from './model.ts';
import { volumeBrief, volumeView } from './view.ts';
import { hasSnapshots, invalidVolume, touchVolume, volumeOf } from './volume.ts';

/** The caller's project, or the one that an admin asks for; null: all of them. */
export function listedProject(call: Call): string | null {
  const everybody = ['1', 'true'].includes(call.query.get('all_tenants')?.toLowerCase() ?? '');
  return everybody && call.caller.admin ? call.query.get('project_id') : call.caller.projectId;
}

function listVolumes(call: Call, detail: boolean): Answer {
  const { query, cloud } = call;
  const project = listedProject(call);
  const fits = (volume: Volume): boolean =>
    (project === null || volume.projectId === project) &&
    (query.get('name') === null || query.get('name') === volume.name) &&
    (query.get('status') === null || query.get('status') === volume.status);
  const found = [...cloud.state.volumes.values()].filter(fits).reverse();
  const base = `${cloud.url('volume')}/v3/${call.caller.projectId}`;
  const { page, links } = pageOf(call, found, detail ? 'volumes/detail' : 'volumes', base);
  const volumes = page.map((volume) => (detail ? volumeView(call, volume) : volumeBrief(call, volume)));
  return { status: 200, body: { volumes, ...(links.length > 0 ? { volumes_links: links } : {}) } };
}

const changes = z.object({
  volume: z.looseObject({
    name: z.string().max(255).nullish(),
    description: z.string().max(255).nullish(),
    metadata: volumeMetadata.optional(),
  }),
});

function updateVolume(call: Call): Answer {
  const volume = volumeOf(call);
  const given = parse(changes, call.body).volume;
  if (given.name !== undefined) volume.name = given.name;
  if (given.description !== undefined) volume.description = given.description;
  if (given.metadata !== undefined) volume.metadata = given.metadata;
  touchVolume(call.cloud, volume);
  return { status: 200, body: { volume: volumeView(call, volume) } };
}

/** What may be deleted (cinder/volume/api.py, `delete`); the refusal names every condition. */
function deleteVolume(call: Call): Answer {
  const volume = volumeOf(call);
  const { cloud, caller } = call;
  if (call.query.get('force') !== null) requireAdmin(caller, 'volume_extension:volume_admin_actions:force_delete');
  const mayGo = ['available', 'error', 'error_deleting'].includes(volume.status) && volume.attachments.length === 0;
  if (!mayGo || hasSnapshots(cloud, volume))
    throw invalidVolume(
      'Volume status must be available or error or error_restoring or error_extending or error_managing and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.',
    );
  removeVolume(cloud, volume);
  return { status: 202 };
}

/**
 * Metadata lies in rows of its own, and the record of the volume keeps its date
 * (cinder/db/sqlalchemy/api.py, `_volume_x_metadata_update`).
 */
function setMetadata(call: Call, replaces: boolean): Answer {
  const volume = volumeOf(call);
  const { metadata } = parse(z.object({ metadata: volumeMetadata }), call.body);
  volume.metadata = replaces ? metadata : { ...volume.metadata, ...metadata };
  call.cloud.changed();
  return { status: 200, body: { metadata: volume.metadata } };
}

function removeMetadata(call: Call): Answer {
  const volume = volumeOf(call);
  const key = call.param('key');
  if (volume.metadata[key] === undefined) throw notFound(`Volume ${volume.id} has no metadata with key ${key}.`);
  volume.metadata = Object.fromEntries(Object.entries(volume.metadata).filter(([name]) => name !== key));
  call.cloud.changed();
  return { status: 200 };
}

/** Volumes. */
export const ownVolumeRoutes: readonly Route[] = [
  route('volume', 'GET', '/v3/:project/volumes', (call) => listVolumes(call, false)),
  route('volume', 'GET', '/v3/:project/volumes/detail', (call) => listVolumes(call, true)),
  route('volume', 'POST', '/v3/:project/volumes', createVolume),
  route('volume', 'GET', '/v3/:project/volumes/:id', (call) => ({
    status: 200,
    body: { volume: volumeView(call, volumeOf(call)) },
  })),
  route('volume', 'PUT', '/v3/:project/volumes/:id', updateVolume),
  route('volume', 'DELETE', '/v3/:project/volumes/:id', deleteVolume),
  route('volume', 'GET', '/v3/:project/volumes/:id/metadata', (call) => ({
    status: 200,
    body: { metadata: volumeOf(call).metadata },
  })),
  route('volume', 'POST', '/v3/:project/volumes/:id/metadata', (call) => setMetadata(call, false)),
  route('volume', 'PUT', '/v3/:project/volumes/:id/metadata', (call) => setMetadata(call, true)),
  route('volume', 'DELETE', '/v3/:project/volumes/:id/metadata/:key', removeMetadata),
];

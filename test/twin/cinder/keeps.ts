import { z } from 'zod';
import { parse } from '../body.ts';
import { newUuid } from '../identifier.ts';
import { pageOf } from '../nova/paging.ts';
import { forbidden, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import type { Kept, Volume } from './model.ts';
import { backUp, restore } from './restore.ts';
import { cinderStamp, invalidVolume, touchVolume, volumeOf } from './volume.ts';
import { listedProject } from './volumes.ts';

/** Something that Cinder keeps beside volumes and snapshots. */
interface Shelf {
  readonly kind: Kept['kind'];
  readonly path: string;
  readonly one: string;
  readonly many: string;
  /** The first microversion that has it. */
  readonly since: number;
  /** The key of the links to further pages. */
  readonly links: string;
}

/** Backups, groups (3.13), their snapshots (3.14) and transfers, as cinder/api/v3/ lists them. */
const shelves: readonly Shelf[] = [
  { kind: 'backup', path: 'backups', one: 'backup', many: 'backups', since: 0, links: 'backups_links' },
  { kind: 'group', path: 'groups', one: 'group', many: 'groups', since: 13, links: 'group_links' },
  {
    kind: 'group_snapshot',
    path: 'group_snapshots',
    one: 'group_snapshot',
    many: 'group_snapshots',
    since: 14,
    links: 'group_snapshot_links',
  },
  {
    kind: 'transfer',
    path: 'os-volume-transfer',
    one: 'transfer',
    many: 'transfers',
    since: 0,
    links: 'transfers_links',
  },
];

const wanted = z.looseObject({
  name: z.string().max(255).nullish(),
  volume_id: z.string().optional(),
  group_id: z.string().optional(),
  group_type: z.string().optional(),
  volume_types: z.array(z.string()).optional(),
  force: z.boolean().optional(),
});

type Given = z.infer<typeof wanted>;

/** A kind that is younger than the asked microversion has no routes (cinder, wsgi.Controller). */
function mustHave({ minor, path }: Call, { since }: Shelf): void {
  if (minor < since) throw notFound(`The resource could not be found: ${path}`);
}

async function create(call: Call, shelf: Shelf): Promise<Answer> {
  mustHave(call, shelf);
  const { cloud, caller } = call;
  const given = parse(z.object({ [shelf.one]: wanted }), call.body)[shelf.one] as Given;
  const volume = given.volume_id === undefined ? undefined : volumeOf(call, given.volume_id);
  if (volume !== undefined) take(call, shelf, volume, given.force === true);
  const kept: Kept = {
    id: newUuid(),
    kind: shelf.kind,
    name: given.name ?? null,
    status: 'available',
    projectId: caller.projectId,
    fields: {
      ...(volume === undefined ? {} : { volume_id: volume.id }),
      ...(given.group_id === undefined ? {} : { group_id: given.group_id }),
      ...(given.volume_types === undefined ? {} : { volume_types: given.volume_types, group_type: given.group_type }),
    },
    createdAt: cinderStamp(),
    ...(volume !== undefined && shelf.kind === 'backup' ? { backup: await backUp(cloud, volume) } : {}),
  };
  cloud.state.volumeKeeps.set(kept.id, kept);
  cloud.changed();
  return { status: 202, body: { [shelf.one]: { id: kept.id, name: kept.name } } };
}

/**
 * A volume in use is backed up only by force (cinder/backup/api.py, `create`), and only an
 * available one is offered to another project, which it then waits for (cinder/transfer/api.py,
 * `create`).
 */
function take({ cloud }: Call, { kind }: Shelf, volume: Volume, isForced: boolean): void {
  const allowed = kind === 'backup' && isForced ? ['available', 'in-use'] : ['available'];
  if (!allowed.includes(volume.status)) throw invalidVolume(`Volume ${volume.id} status must be ${allowed.join(' or ')}`);
  if (kind !== 'transfer') return;
  volume.status = 'awaiting-transfer';
  touchVolume(cloud, volume);
}

function list(call: Call, shelf: Shelf): Answer {
  mustHave(call, shelf);
  const project = listedProject(call);
  const all = [...call.cloud.state.volumeKeeps.values()].filter(({ kind, projectId }) => {
    return kind === shelf.kind && (project === null || projectId === project);
  });
  const base = `${call.cloud.url('volume')}/v3/${call.caller.projectId}`;
  const { page, links } = pageOf(call, all.reverse(), `${shelf.path}/detail`, base);
  const views = page.map(({ id, name, status, fields, createdAt }) => ({ id, name, status, ...fields, created_at: createdAt }));
  return { status: 200, body: { [shelf.many]: views, ...(links.length > 0 ? { [shelf.links]: links } : {}) } };
}

/** Nobody may have what groups replaced: `group:nobody` in Cinder's policy.json. */
function refuse(rule: string): () => Answer {
  return () => {
    throw forbidden(`Policy doesn't allow ${rule} to be performed.`);
  };
}

/** What Cinder keeps beside volumes and their snapshots. */
export const keptRoutes: readonly Route[] = [
  ...shelves.flatMap((shelf) => [
    route('volume', 'POST', `/v3/:project/${shelf.path}`, (call) => create(call, shelf)),
    route('volume', 'GET', `/v3/:project/${shelf.path}/detail`, (call) => list(call, shelf)),
  ]),
  route('volume', 'POST', '/v3/:project/backups/:id/restore', restore),
  route('volume', 'GET', '/v3/:project/consistencygroups/detail', refuse('consistencygroup:get_all')),
  route('volume', 'GET', '/v3/:project/cgsnapshots/detail', refuse('consistencygroup:get_all_cgsnapshots')),
];

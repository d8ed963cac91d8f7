import { z } from 'zod';
import { parse } from '../body.ts';
import { type Cloud, quotaOf, quotasOf } from '../cloud.ts';
import { requireAdmin } from '../policy.ts';
import { Refusal } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import type { QuotaSet } from '../state.ts';
import type { Volume } from './model.ts';

/**
 * What a project uses, of one type or of all: snapshots take gigabytes too (no_snapshot_gb_quota is
 * off by default).
 */
function usage({ state }: Cloud, projectId: string, typeId?: string): QuotaSet {
  const isOfType = (volume: Volume | undefined): boolean => typeId === undefined || volume?.typeId === typeId;
  const volumes = [...state.volumes.values()].filter((volume) => volume.projectId === projectId && isOfType(volume));
  const snapshots = [...state.volumeSnapshots.values()].filter(
    (snapshot) => snapshot.projectId === projectId && isOfType(state.volumes.get(snapshot.volumeId)),
  );
  const gigabytes = [...volumes, ...snapshots].reduce((sum, { sizeGiB }) => sum + sizeGiB, 0);
  return { volumes: volumes.length, snapshots: snapshots.length, gigabytes };
}

const overLimit = (message: string): Refusal => new Refusal(413, message, '', { 'Retry-After': '0' });

/**
 * Refuses one volume or snapshot more than the quotas allow, those of its type among them
 * (cinder/exception.py, QuotaError; cinder/quota.py, VolumeTypeQuotaEngine).
 */
export function checkVolumeQuota(
  cloud: Cloud,
  projectId: string,
  what: 'volumes' | 'snapshots',
  sizeGiB: number,
  typeId: string,
): void {
  const type = cloud.state.volumeTypes.get(typeId)?.name ?? '';
  check(cloud, projectId, what, sizeGiB, usage(cloud, projectId), '');
  check(cloud, projectId, what, sizeGiB, usage(cloud, projectId, typeId), `_${type}`);
}

function check(
  cloud: Cloud,
  projectId: string,
  what: 'volumes' | 'snapshots',
  sizeGiB: number,
  used: QuotaSet,
  suffix: string,
): void {
  const limit = (name: string): number => quotaOf(cloud, 'volume', projectId, name);
  const largest = limit('per_volume_gigabytes');
  if (what === 'volumes' && largest >= 0 && sizeGiB > largest)
    throw overLimit(`Requested volume size ${sizeGiB}G is larger than maximum allowed limit ${largest}G.`);
  const gigabytes = limit(`gigabytes${suffix}`);
  const consumed = used['gigabytes'] ?? 0;
  if (gigabytes >= 0 && consumed + sizeGiB > gigabytes)
    throw overLimit(
      `Requested volume or snapshot exceeds allowed gigabytes${suffix} quota. Requested ${sizeGiB}G, quota is ${gigabytes}G and ${consumed}G has been consumed.`,
    );
  const allowed = limit(`${what}${suffix}`);
  if (allowed < 0 || (used[what] ?? 0) < allowed) return;
  if (what === 'snapshots') throw overLimit(`Maximum number of snapshots allowed (${allowed}) exceeded`);
  throw overLimit(`Maximum number of volumes allowed (${allowed}) exceeded for quota 'volumes${suffix}'.`);
}

function projectOf(call: Call, rule: string): string {
  const target = call.param('target');
  if (target !== call.caller.projectId) requireAdmin(call.caller, rule);
  return target;
}

function show(call: Call): Answer {
  const project = projectOf(call, 'volume_extension:quotas:show');
  const types = [...call.cloud.state.volumeTypes.values()];
  const unlimited = types.flatMap(({ name }) => ['volumes', 'gigabytes', 'snapshots'].map((quota) => [`${quota}_${name}`, -1]));
  const limits: QuotaSet = { ...Object.fromEntries(unlimited), ...quotasOf(call.cloud, 'volume', project) };
  if (!['true', '1'].includes(call.query.get('usage')?.toLowerCase() ?? ''))
    return { status: 200, body: { quota_set: { id: project, ...limits } } };
  const used: Record<string, number> = { ...usage(call.cloud, project) };
  for (const { id, name } of types)
    for (const [quota, count] of Object.entries(usage(call.cloud, project, id))) used[`${quota}_${name}`] = count;
  const entries = Object.entries(limits).map(([name, limit]) => [name, { limit, in_use: used[name] ?? 0, reserved: 0 }]);
  return { status: 200, body: { quota_set: { id: project, ...Object.fromEntries(entries) } } };
}

function update(call: Call): Answer {
  requireAdmin(call.caller, 'volume_extension:quotas:update');
  const project = call.param('target');
  const { quota_set } = parse(z.object({ quota_set: z.record(z.string(), z.coerce.number().int().min(-1)) }), call.body);
  const quotas = call.cloud.state.quotas;
  quotas.set(`volume:${project}`, { ...quotas.get(`volume:${project}`), ...quota_set });
  call.cloud.changed();
  return { status: 200, body: { quota_set: quotasOf(call.cloud, 'volume', project) } };
}

/** Quotas of Cinder. */
export const volumeQuotaRoutes: readonly Route[] = [
  route('volume', 'GET', '/v3/:project/os-quota-sets/:target', show),
  route('volume', 'PUT', '/v3/:project/os-quota-sets/:target', update),
];

import type { Replaced } from '../../model/replaced.ts';
import type { Allowance } from './account/config.ts';
import type { CloudSession } from './session/session.ts';

/** The limits of a project in one service, by name; -1 is none. */
export type QuotaLimits = Readonly<Record<string, number>>;

/** The services that have quotas of a project; Glance’s are in Keystone, for the cloud’s admins. */
export const quotaServices = ['compute', 'network', 'volume'] as const;

/** One of these services. */
export type QuotaService = (typeof quotaServices)[number];

/**
 * Those that mean the same in every cloud. Nova’s others are of what it has no more; Cinder’s are
 * of its volume types, too. Of Neutron all are kept.
 */
const kept: Readonly<Record<QuotaService, readonly string[] | null>> = {
  compute: ['instances', 'cores', 'ram', 'key_pairs', 'metadata_items', 'server_groups', 'server_group_members'],
  network: null,
  volume: ['volumes', 'snapshots', 'gigabytes', 'backups', 'backup_gigabytes', 'per_volume_gigabytes', 'groups'],
};

/** Limits that a receiver's configuration does not let be raised so far, in words; '' for none. */
export function raisedTooFar(allow: Allowance, raises: Replaced<number>): string {
  const refused = Object.entries(raises).filter(([name, { is }]) => !mayRaise(allow, name, is));
  return refused.map(([name, { is }]) => `${name} to ${limitText(is)}`).join(', ');
}

/** A limit as people read it. */
export function limitText(limit: number): string {
  return limit < 0 ? 'no limit' : `${limit}`;
}

function mayRaise({ quotas }: Allowance, name: string, to: number): boolean {
  if (typeof quotas === 'boolean') return quotas;
  const most = Object.hasOwn(quotas, name) ? quotas[name] : undefined;
  return most !== undefined && (most < 0 || (to >= 0 && to <= most));
}

/** Where a service keeps the limits of a project, and their key in the answer. */
function placeOf(service: QuotaService, projectId: string): { readonly path: string; readonly key: 'quota' | 'quota_set' } {
  return service === 'network'
    ? { path: `/quotas/${projectId}`, key: 'quota' }
    : { path: `/os-quota-sets/${projectId}`, key: 'quota_set' };
}

/** Reads the limits of a project; null where the cloud does not tell them. */
export async function readLimits(
  session: CloudSession,
  service: QuotaService,
  projectId: string,
  signal: AbortSignal,
): Promise<QuotaLimits | null> {
  if (!(await session.has(service, signal))) return null;
  const { path, key } = placeOf(service, projectId);
  const { status, body } = await session.call({ method: 'GET', service, path, tolerate: [403, 404], signal });
  if (status !== 200) return null;
  const all = (body as Readonly<Record<string, unknown>> | null)?.[key] ?? {};
  const numbers = Object.entries(all).filter((entry): entry is [string, number] => Number.isInteger(entry[1]));
  return Object.fromEntries(numbers.filter(([name]) => kept[service]?.includes(name) ?? true));
}

/** Where each service tells what of its limits is used, beside the limits. */
const details: Readonly<Record<QuotaService, { readonly end: string; readonly query?: Readonly<Record<string, string>> }>> = {
  compute: { end: '/detail' },
  network: { end: '/details' },
  volume: { end: '', query: { usage: 'True' } },
};

/** What a service tells of each limit and its use, by name; null where it does not tell. */
export async function readDetails(
  session: CloudSession,
  service: QuotaService,
  projectId: string,
  signal: AbortSignal,
): Promise<object | null> {
  const { path, key } = placeOf(service, projectId);
  const { end, query = {} } = details[service];
  const call = { method: 'GET', service, path: path + end, query, tolerate: [403, 404], signal } as const;
  const { status, body } = await session.call(call);
  return status === 200 ? ((body as Readonly<Record<string, object>> | null)?.[key] ?? {}) : null;
}

/** How much of each limit a project uses; what the cloud does not tell is left out. */
export async function readUsed(
  session: CloudSession,
  service: QuotaService,
  projectId: string,
  signal: AbortSignal,
): Promise<QuotaLimits> {
  const all = (await readDetails(session, service, projectId, signal)) ?? {};
  const used = Object.entries(all).map(([name, each]) => [name, numberIn(each, 'in_use') ?? numberIn(each, 'used')] as const);
  return Object.fromEntries(used.filter((entry): entry is readonly [string, number] => entry[1] !== undefined));
}

function numberIn(each: unknown, name: string): number | undefined {
  const value = typeof each === 'object' && each !== null ? (each as Readonly<Record<string, unknown>>)[name] : undefined;
  return typeof value === 'number' ? value : undefined;
}

/** The extension of a Neutron that refuses a limit below what is used, unless it is forced. */
export const checkedLimits = 'quota-check-limit-default';

/**
 * Sets some limits of a project; only an admin may. One that is set follows the cloud's default no
 * more, and no API takes back a single one: DELETE takes all of the project's
 * (nova/api/openstack/compute/quota_sets.py, cinder/api/contrib/quotas.py,
 * neutron/extensions/quotasv2.py: delete), also those that an admin has set. `force`: also below
 * what the project uses, which Nova refuses (quota_sets.py, update), and a Neutron with the
 * extension for it (quotasv2.py, update). Others do not know the word.
 */
export async function writeLimits(
  session: CloudSession,
  service: QuotaService,
  projectId: string,
  limits: QuotaLimits,
  { signal, force = false }: { readonly signal: AbortSignal; readonly force?: boolean },
): Promise<void> {
  const { path, key } = placeOf(service, projectId);
  const forced = force ? { force } : {};
  await session.call({ method: 'PUT', service, path, body: { [key]: { ...limits, ...forced } }, signal });
}

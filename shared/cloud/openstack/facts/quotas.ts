import type { DestinationFacts } from '../../facts.ts';
import { readDetails } from '../limits.ts';
import type { CloudSession } from '../session/session.ts';

type Quotas = DestinationFacts['quotas'];

/**
 * Reads the project's limits and use. A service that does not tell them to this user leaves them
 * out; -1 means unlimited.
 */
export async function readQuotas(session: CloudSession, signal: AbortSignal): Promise<Quotas> {
  const { projectId } = await session.token(signal);
  const compute = await readDetails(session, 'compute', projectId, signal);
  const network = await readDetails(session, 'network', projectId, signal);
  // Only a Glance with limits in Keystone has them (Image API v2.13, "Show usage"); sizes in MiB.
  const call = { method: 'GET', service: 'image', path: '/info/usage', tolerate: [403, 404], signal } as const;
  const image = await session.call(call);
  return {
    ...(await readVolumeQuotas(session, signal)),
    ...picked((image.body as { usage?: object } | null)?.usage, [
      'image_count_total',
      'image_count_uploading',
      'image_size_total',
    ]),
    ...(compute === null ? await computeLimits(session, signal) : picked(compute, ofCompute)),
    ...picked(network ?? {}, [
      'network',
      'subnet',
      'subnetpool',
      'router',
      'port',
      'trunk',
      'security_group',
      'security_group_rule',
      'rbac_policy',
      'floatingip',
    ]),
  };
}

/**
 * Reads the project's limits and use of volumes; none without Cinder. Block Storage API v3, "Show
 * quota usage for a project".
 */
export async function readVolumeQuotas(session: CloudSession, signal: AbortSignal): Promise<Quotas> {
  if (!(await session.has('volume', signal))) return {};
  const { projectId } = await session.token(signal);
  const all = (await readDetails(session, 'volume', projectId, signal)) ?? {};
  return picked(all, [...ofVolumes, 'per_volume_gigabytes', ...Object.keys(all).filter(isOfType)]);
}

const ofVolumes = ['volumes', 'gigabytes', 'snapshots'] as const;

function isOfType(name: string): boolean {
  return ofVolumes.some((quota) => name.startsWith(`${quota}_`));
}

/**
 * The name of the quota that the volumes of one type have beside that of all: `gigabytes_ssd`
 * (cinder/quota.py, VolumeTypeQuotaEngine).
 */
export function quotaOfType(quota: (typeof ofVolumes)[number], type: string): string {
  return `${quota}_${type}`;
}

const ofCompute = ['instances', 'cores', 'ram', 'key_pairs', 'metadata_items', 'server_groups', 'server_group_members'];

/** Compute API, "Show Rate And Absolute Limits": the names of a quota's limit and use. */
const absoluteNames: Readonly<Record<string, readonly [limit: string, used?: string]>> = {
  instances: ['maxTotalInstances', 'totalInstancesUsed'],
  cores: ['maxTotalCores', 'totalCoresUsed'],
  ram: ['maxTotalRAMSize', 'totalRAMUsed'],
  key_pairs: ['maxTotalKeypairs'],
  server_groups: ['maxServerGroups', 'totalServerGroupsUsed'],
  server_group_members: ['maxServerGroupMembers'],
  metadata_items: ['maxServerMeta'],
};

/** Every user may read the limits, also where a policy keeps the quotas for admins. */
async function computeLimits(session: CloudSession, signal: AbortSignal): Promise<Quotas> {
  const call = { method: 'GET', service: 'compute', path: '/limits', tolerate: [403, 404], signal } as const;
  const { body } = await session.call(call);
  const { limits } = (body ?? {}) as { limits?: { absolute?: Readonly<Record<string, unknown>> } };
  const quotas: Quotas = {};
  for (const [name, [most, use = '']] of Object.entries(absoluteNames)) {
    const limit = limits?.absolute?.[most];
    if (typeof limit === 'number') quotas[name] = { limit, used: Number(limits?.absolute?.[use] ?? 0) };
  }
  return quotas;
}

interface QuotaUse {
  readonly limit?: number;
  /** Nova's name. */
  readonly in_use?: number;
  /** Neutron's name. */
  readonly used?: number;
  /** Glance's name. */
  readonly usage?: number;
  readonly reserved?: number;
}

function picked(all: object | undefined, names: readonly string[]): Quotas {
  const quotas: Quotas = {};
  for (const name of names) {
    const use = (all as Record<string, QuotaUse> | undefined)?.[name];
    if (typeof use?.limit === 'number')
      quotas[name] = { limit: use.limit, used: (use.in_use ?? use.used ?? use.usage ?? 0) + (use.reserved ?? 0) };
  }
  return quotas;
}

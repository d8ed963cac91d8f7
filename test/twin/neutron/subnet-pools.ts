import type { Cloud } from '../cloud.ts';
import { badRequest, conflict } from '../refusal.ts';
import type { Call } from '../route.ts';
import { bool, integer, listOf, orNull, prefix, readPost, readPut, text, uuid } from './attributes.ts';
import { collectionRoutes } from './collection.ts';
import { holds, networkOf, overlap, type Prefix, readPrefix, writePrefix } from './ip.ts';
import type { Network, Subnet, SubnetPool } from './model.ts';
import { setShared } from './sharing.ts';
import { bump, checkQuota, isSharedWith, missing, newStandard, standardView } from './standard.ts';

const length = integer(0, 128);

const attributes = {
  name: { check: text() },
  description: { check: text(), fallback: '' },
  prefixes: { check: listOf(prefix) },
  default_prefixlen: { check: length, fallback: undefined },
  min_prefixlen: { check: length, fallback: undefined },
  max_prefixlen: { check: length, fallback: undefined },
  default_quota: { check: orNull(integer(0, Number.MAX_SAFE_INTEGER)), fallback: null },
  address_scope_id: { check: orNull(uuid), fallback: null },
  is_default: { check: bool, fallback: false, adminOnly: true },
  shared: { check: bool, fallback: false, adminOnly: true, put: false },
};

const read = (text: string): Prefix => networkOf(readPrefix(text) as Prefix);

/** Lengths are shown as text (neutron/db/db_base_plugin_common.py, _make_subnetpool_dict). */
function poolView(pool: SubnetPool): Record<string, unknown> {
  return {
    ...standardView(pool),
    name: pool.name,
    prefixes: pool.prefixes,
    ip_version: pool.ipVersion,
    default_prefixlen: String(pool.defaultLength),
    min_prefixlen: String(pool.minLength),
    max_prefixlen: String(pool.maxLength),
    default_quota: pool.quota,
    address_scope_id: pool.scopeId,
    is_default: pool.isDefault,
    shared: pool.shared,
  };
}

/** neutron/ipam/subnet_alloc.py, SubnetPoolReader. Neutron also joins ranges that touch. */
function rangesIn(prefixes: readonly string[]): { readonly prefixes: string[]; readonly ipVersion: 4 | 6 } {
  const all = prefixes.map(read);
  const [first] = all;
  if (first === undefined) throw badRequest('Empty subnet pool prefix list.', 'EmptySubnetPoolPrefixList');
  if (all.some(({ version }) => version !== first.version))
    throw badRequest('Cannot mix IPv4 and IPv6 prefixes in a subnet pool.', 'PrefixVersionMismatch');
  return { prefixes: [...new Set(all.map(writePrefix))], ipVersion: first.version };
}

function checkBounds(least: number, usual: number, most: number, ipVersion: 4 | 6): void {
  const widest = ipVersion === 4 ? 32 : 128;
  const refuse = (type: string, is: number, base: string, bound: number) => {
    throw badRequest(`Illegal prefix bounds: ${type}=${is}, ${base}=${bound}.`, 'IllegalSubnetPoolPrefixBounds');
  };
  if (least > most) refuse('min_prefixlen', least, 'max_prefixlen', most);
  if (most > widest) refuse('max_prefixlen', most, 'ip_version_max', widest);
  if (usual < least) refuse('default_prefixlen', usual, 'min_prefixlen', least);
  if (usual > most) refuse('default_prefixlen', usual, 'max_prefixlen', most);
}

/** neutron/db/db_base_plugin_v2.py, _validate_address_scope_id. */
function checkScope(
  { cloud, caller }: Call,
  scopeId: string | null,
  pool: Pick<SubnetPool, 'id' | 'ipVersion' | 'prefixes'>,
): void {
  if (scopeId === null) return;
  const scope = cloud.state.addressScopes.get(scopeId);
  if (scope === undefined) throw missing.addressScope(scopeId);
  if (!caller.admin && !scope.shared && scope.project !== caller.projectId)
    throw badRequest(
      `Illegal subnetpool association: subnetpool ${pool.id} cannot be associated with address scope ${scopeId}.`,
      'IllegalSubnetPoolAssociationToAddressScope',
    );
  if (scope.ipVersion !== pool.ipVersion)
    throw badRequest(
      `Illegal subnetpool association: subnetpool ${pool.id} cannot associate with address scope ${scopeId} because subnetpool ip_version is not ${scope.ipVersion}.`,
      'IllegalSubnetPoolIpVersionAssociationToAddressScope',
    );
  const others = [...cloud.state.subnetPools.values()].filter((one) => one.scopeId === scopeId && one.id !== pool.id);
  const isTaken = others.some((one) => one.prefixes.some((a) => pool.prefixes.some((b) => overlap(read(a), read(b)))));
  if (isTaken)
    throw conflict(
      'Failed to associate address scope: subnetpools within an address scope must have unique prefixes.',
      'AddressScopePrefixConflict',
    );
}

function makePool(call: Call, given: Record<string, unknown>): SubnetPool {
  const { cloud, caller } = call;
  const { projectId, values } = readPost(caller, 'create_subnetpool', attributes, given);
  const { prefixes, ipVersion } = rangesIn(values.prefixes);
  const minLength = values.min_prefixlen ?? (ipVersion === 4 ? 8 : 64);
  const maxLength = values.max_prefixlen ?? (ipVersion === 4 ? 32 : 128);
  const defaultLength = values.default_prefixlen ?? minLength;
  checkBounds(minLength, defaultLength, maxLength, ipVersion);
  const born = newStandard(projectId, values.description);
  checkScope(call, values.address_scope_id, { id: born.id, ipVersion, prefixes });
  checkQuota(cloud, projectId, 'subnetpool');
  const pool: SubnetPool = {
    ...born,
    name: values.name,
    ipVersion,
    prefixes,
    defaultLength,
    minLength,
    maxLength,
    quota: values.default_quota,
    scopeId: values.address_scope_id,
    isDefault: values.is_default,
    shared: values.shared,
  };
  cloud.state.subnetPools.set(pool.id, pool);
  setShared(cloud, 'subnetpool', pool, values.shared);
  cloud.changed();
  return pool;
}

function changePool({ cloud, caller }: Call, pool: SubnetPool, given: Record<string, unknown>): void {
  const values = readPut(caller, 'update_subnetpool', attributes, given);
  pool.name = values.name ?? pool.name;
  pool.description = values.description ?? pool.description;
  pool.minLength = values.min_prefixlen ?? pool.minLength;
  pool.maxLength = values.max_prefixlen ?? pool.maxLength;
  pool.defaultLength = values.default_prefixlen ?? pool.defaultLength;
  checkBounds(pool.minLength, pool.defaultLength, pool.maxLength, pool.ipVersion);
  bump(cloud, pool);
}

function allocations({ state }: Cloud, pool: SubnetPool): Subnet[] {
  return [...state.subnets.values()].filter(({ poolId }) => poolId === pool.id);
}

function removePool({ cloud }: Call, pool: SubnetPool): void {
  if (allocations(cloud, pool).length > 0)
    throw badRequest('Unable to delete subnet pool: Subnet pool has existing allocations.', 'SubnetPoolDeleteError');
  cloud.state.subnetPools.delete(pool.id);
}

/**
 * Takes a range from a pool for a subnet (neutron/ipam/subnet_alloc.py, SubnetAllocator; a range
 * that is asked for, alone).
 */
export function takeFrom(call: Call, poolId: string, cidr: Prefix): void {
  const pool = call.cloud.state.subnetPools.get(poolId);
  if (pool === undefined || !sees(call, pool)) throw missing.subnetPool(poolId);
  const refuse = (which: 'min' | 'max', bound: number) => {
    const says = `Unable to allocate subnet with prefix length ${cidr.length}, ${which}imum allowed prefix is ${bound}.`;
    throw badRequest(says, which === 'min' ? 'MinPrefixSubnetAllocationError' : 'MaxPrefixSubnetAllocationError');
  };
  if (cidr.length > pool.maxLength) refuse('max', pool.maxLength);
  if (cidr.length < pool.minLength) refuse('min', pool.minLength);
  const taken = allocations(call.cloud, pool).map((one) => read(one.cidr));
  const units = (one: Prefix): number => 2 ** ((one.version === 4 ? 32 : 64) - one.length);
  const used = taken.reduce((sum, one) => sum + units(one), 0);
  if (pool.quota !== null && pool.quota > 0 && used + units(cidr) > pool.quota)
    throw conflict('Per-tenant subnet pool prefix quota exceeded.', 'SubnetPoolQuotaExceeded');
  const lies = pool.prefixes.some((one) => holds(read(one), networkOf(cidr)) && read(one).length <= cidr.length);
  if (!lies || taken.some((one) => overlap(one, cidr)))
    throw badRequest(
      'Failed to allocate subnet: Cannot allocate requested subnet from the available set of prefixes.',
      'SubnetAllocationError',
    );
}

/** neutron/db/ipam_backend_mixin.py, _validate_network_subnetpools. */
export function checkAffinity({ state }: Cloud, network: Network, poolId: string | null, ipVersion: 4 | 6): void {
  const neighbours = [...state.subnets.values()].filter((one) => one.networkId === network.id && one.ipVersion === ipVersion);
  const scopeOf = (id: string | null | undefined): string | null => state.subnetPools.get(id ?? '')?.scopeId ?? null;
  const scope = neighbours.map(({ poolId: id }) => scopeOf(id)).find((one) => one !== null) ?? null;
  if (scope !== null && poolId !== null && scopeOf(poolId) !== scope)
    throw badRequest(
      'Subnets of the same address family hosted on the same network must all participate in the same address scope.',
      'NetworkAddressScopeAffinityError',
    );
  const differs = neighbours.some((one) => (one.poolId ?? null) !== poolId);
  if (differs && !(poolId !== null && scope !== null))
    throw badRequest(
      'Subnets hosted on the same network must be allocated from the same subnet pool.',
      'NetworkSubnetPoolAffinityError',
    );
}

function sees({ caller }: Call, pool: SubnetPool): boolean {
  return caller.admin || isSharedWith(caller, pool) || pool.project === caller.projectId;
}

/** Subnet pools (neutron/db/db_base_plugin_v2.py). */
export const subnetPoolRoutes = collectionRoutes<SubnetPool>({
  one: 'subnetpool',
  many: 'subnetpools',
  things: ({ cloud }) => cloud.state.subnetPools,
  none: missing.subnetPool,
  visible: sees,
  view: (_, pool) => poolView(pool),
  attributes,
  filters: ['ip_version'],
  make: makePool,
  change: changePool,
  remove: removePool,
});

import type { Concern } from '../../../model/concern.ts';
import { refOf } from '../../../model/resource.ts';
import type { ApiSubnet, ApiSubnetPool } from '../api.ts';
import type { Contents } from './contents.ts';

/** The address scope that a pool keeps: one of the project's own. */
export function scopeOfPool({ address_scope_id: id }: ApiSubnetPool, { addressScopes }: Contents): string | null {
  return addressScopes.some((scope) => scope.id === id) ? (id ?? null) : null;
}

/** The pool that a subnet keeps; null where it has none, or is created without it. */
export function poolOf(subnet: ApiSubnet, contents: Contents): string | null {
  return arePoolsKept(subnet, contents) ? (subnet.subnetpool_id ?? null) : null;
}

/**
 * Whether the pools of a subnet and its neighbours are the project's own. Neutron lets the subnets
 * of one network have one pool, or pools of one scope, or none
 * (neutron/db/ipam_backend_mixin.py, _validate_network_subnetpools).
 */
function arePoolsKept({ network_id, ip_version }: ApiSubnet, contents: Contents): boolean {
  const neighbours = contents.subnets.filter((one) => one.network_id === network_id && one.ip_version === ip_version);
  const pools = neighbours.map((one) => contents.subnetPools.find(({ id }) => id === one.subnetpool_id));
  const [first] = pools;
  if (first === undefined || pools.some((pool) => pool === undefined)) return false;
  return pools.every((pool) => pool === first) || scopeOfPool(first, contents) !== null;
}

/** The concerns about pools and scopes that are another project's, and stay behind. */
export function poolConcerns(contents: Contents): Concern[] {
  const { scope, networks, subnets, subnetPools } = contents;
  const own = new Set(networks.flatMap((one) => (one.project_id === scope.projectId && !one['router:external'] ? one.id : [])));
  const lost = subnets.filter(
    (subnet) => own.has(subnet.network_id) && subnet.subnetpool_id && poolOf(subnet, contents) === null,
  );
  const unscoped = subnetPools.filter((pool) => pool.address_scope_id && scopeOfPool(pool, contents) === null);
  return [
    ...lost.map(
      (subnet): Concern => ({
        code: 'subnet.pool_left',
        severity: 'warning',
        about: refOf('subnet', subnet.id),
        says: `The range ${subnet.cidr} of subnet ${subnet.name || subnet.id} is of a pool that is not the project's own (${subnet.subnetpool_id}); the subnet is created with this range, of no pool.`,
        remedy: 'Nothing, if the range is free at the destination; or make the network there, and map to it.',
      }),
    ),
    ...unscoped.map(
      (pool): Concern => ({
        code: 'subnet_pool.scope_left',
        severity: 'warning',
        about: refOf('subnet_pool', pool.id),
        says: `The subnet pool ${pool.name || pool.id} is in an address scope that is not the project's own (${pool.address_scope_id}); it is created in none, and routers translate its addresses.`,
        remedy: 'Make the pool in a scope of the destination by hand, and map to it in `mappings.subnet_pools`.',
      }),
    ),
  ];
}

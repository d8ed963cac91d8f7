import { type Cloud, quotaOf } from '../cloud.ts';
import { newUuid, stamp } from '../identifier.ts';
import { type Caller, mayUse } from '../policy.ts';
import { conflict, forbidden, notFound, type Refusal } from '../refusal.ts';
import type { Call } from '../route.ts';
import type { Standard } from './model.ts';

/** The standard attributes of a new resource. */
export function newStandard(project: string, description = ''): Standard {
  const now = stamp();
  return { id: newUuid(), project, description, tags: [], revision: 0, createdAt: now, updatedAt: now };
}

/** The standard attributes as every view shows them. */
export function standardView(thing: Standard): Record<string, unknown> {
  return {
    id: thing.id,
    tenant_id: thing.project,
    project_id: thing.project,
    description: thing.description,
    tags: thing.tags,
    revision_number: thing.revision,
    created_at: thing.createdAt,
    updated_at: thing.updatedAt,
  };
}

/** Notes a change: revision and time move on. */
export function bump(cloud: Cloud, thing: Standard): void {
  thing.revision += 1;
  thing.updatedAt = stamp();
  cloud.changed();
}

/** The collections that have a quota, and their key in the state. */
export const counted = {
  network: 'networks',
  subnet: 'subnets',
  subnetpool: 'subnetPools',
  port: 'ports',
  router: 'routers',
  floatingip: 'floatingIps',
  trunk: 'trunks',
  security_group: 'groups',
  security_group_rule: 'rules',
  rbac_policy: 'rbacPolicies',
} as const;

/** How many of a resource a project has. */
export function usedBy(cloud: Cloud, projectId: string, resource: keyof typeof counted): number {
  let used = 0;
  for (const thing of cloud.state[counted[resource]].values()) if (thing.project === projectId) used += 1;
  return used;
}

/** Refuses what would go beyond a project's quota. */
export function checkQuota(cloud: Cloud, projectId: string, resource: keyof typeof counted, more = 1): void {
  const limit = quotaOf(cloud, 'network', projectId, resource);
  if (limit >= 0 && usedBy(cloud, projectId, resource) + more > limit)
    throw conflict(`Quota exceeded for resources: ['${resource}'].`, 'OverQuota');
}

/** The 404 of each kind of thing, in Neutron's words. */
export const missing = {
  rbacPolicy: (id: string): Refusal => notFound(`RBAC policy of type unknown with ID ${id} not found`, 'RbacPolicyNotFound'),
  qosPolicy: (id: string): Refusal => notFound(`QoS policy ${id} could not be found.`, 'QosPolicyNotFound'),
  network: (id: string): Refusal => notFound(`Network ${id} could not be found.`, 'NetworkNotFound'),
  subnet: (id: string): Refusal => notFound(`Subnet ${id} could not be found.`, 'SubnetNotFound'),
  port: (id: string): Refusal => notFound(`Port ${id} could not be found.`, 'PortNotFound'),
  router: (id: string): Refusal => notFound(`Router ${id} could not be found`, 'RouterNotFound'),
  addressScope: (id: string): Refusal => notFound(`Address scope ${id} could not be found.`, 'AddressScopeNotFound'),
  subnetPool: (id: string): Refusal => notFound(`Subnet pool ${id} could not be found.`, 'SubnetPoolNotFound'),
  addressGroup: (id: string): Refusal => notFound(`Address group ${id} could not be found.`, 'AddressGroupNotFound'),
  group: (id: string): Refusal => notFound(`Security group ${id} does not exist`, 'SecurityGroupNotFound'),
  rule: (id: string): Refusal => notFound(`Security group rule ${id} does not exist`, 'SecurityGroupRuleNotFound'),
  trunk: (id: string): Refusal => notFound(`Trunk ${id} could not be found.`, 'TrunkNotFound'),
  floatingIp: (id: string): Refusal => notFound(`Floating IP ${id} could not be found`, 'FloatingIPNotFound'),
} as const;

/** The thing of a path for reading: 404 unless it is there and visible. */
export function seen<T extends Standard>(
  call: Call,
  things: ReadonlyMap<string, T>,
  none: (id: string) => Refusal,
  visible = (thing: T): boolean => mayUse(call.caller, thing.project),
): T {
  const id = call.param('id');
  const thing = things.get(id);
  if (thing === undefined || !visible(thing)) throw none(id);
  return thing;
}

/** Whether RBAC policies share a thing of another project with the caller’s. */
export function isSharedWith({ projectId }: Caller, { sharedWith = [] }: Standard): boolean {
  return sharedWith.some((target) => target === '*' || target === projectId);
}

/** Refuses to change what is seen but not owned. */
export function mustOwn(call: Call, thing: Standard, rule: string): void {
  if (!mayUse(call.caller, thing.project)) throw forbidden(`rule:${rule} is disallowed by policy`, 'PolicyNotAuthorized');
}

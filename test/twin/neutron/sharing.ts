import type { Cloud } from '../cloud.ts';
import type { RbacPolicy, Standard } from './model.ts';
import { newStandard } from './standard.ts';

const types = {
  network: ({ state }: Cloud) => state.networks,
  qos_policy: ({ state }: Cloud) => state.qosPolicies,
  security_group: ({ state }: Cloud) => state.groups,
  address_scope: ({ state }: Cloud) => state.addressScopes,
  subnetpool: ({ state }: Cloud) => state.subnetPools,
  address_group: ({ state }: Cloud) => state.addressGroups,
} as const;

/** The kinds of resource that can be shared. */
export type Shareable = keyof typeof types;

/** Their names. */
export const shareables = Object.keys(types) as Shareable[];

/** The action of most policies. */
export const asShared = 'access_as_shared';

/** What a cloud has of a kind. */
export function thingsOf(cloud: Cloud, type: Shareable): ReadonlyMap<string, Standard & { shared?: boolean }> {
  return types[type](cloud);
}

/** Makes a policy. */
export function share(
  cloud: Cloud,
  project: string,
  type: Shareable,
  objectId: string,
  action: string,
  target: string,
): RbacPolicy {
  const policy: RbacPolicy = { ...newStandard(project), objectType: type, objectId, action, target };
  cloud.state.rbacPolicies.set(policy.id, policy);
  note(cloud, type, objectId);
  cloud.changed();
  return policy;
}

/** Writes down, at the thing, whom its policies share it with. */
export function note(cloud: Cloud, type: Shareable, objectId: string): void {
  const thing = thingsOf(cloud, type).get(objectId);
  if (thing === undefined) return;
  const own = [...cloud.state.rbacPolicies.values()].filter((one) => one.objectId === objectId && one.action === asShared);
  thing.sharedWith = own.map(({ target }) => target);
  if (thing.shared !== undefined) thing.shared = thing.sharedWith.includes('*');
}

/** `shared` of a resource is a policy for every project (update_shared). */
export function setShared(cloud: Cloud, type: Shareable, { id, project }: Standard, wanted: boolean): void {
  const all = [...cloud.state.rbacPolicies.values()];
  const is = all.find((one) => one.objectId === id && one.action === asShared && one.target === '*');
  if (wanted && is === undefined) share(cloud, project, type, id, asShared, '*');
  if (!wanted && is !== undefined) cloud.state.rbacPolicies.delete(is.id);
  note(cloud, type, id);
}

/** The policies of what is deleted go with it. */
export function unshare({ state }: Cloud, objectId: string): void {
  for (const { id, objectId: of } of [...state.rbacPolicies.values()]) if (of === objectId) state.rbacPolicies.delete(id);
}

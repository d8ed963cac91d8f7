import { type Ref, type Resource, refOf } from './resource.ts';

/** A resource without its QoS policy where that is not kept: it can do without. */
export function freedOfPolicy<R extends Resource>(resource: R, isKept: (policy: Ref) => boolean): R {
  if (!('qos_policy_id' in resource) || resource.qos_policy_id === null) return resource;
  const policy = refOf('qos_policy', resource.qos_policy_id);
  if (isKept(policy)) return resource;
  return { ...resource, qos_policy_id: null, needs: resource.needs.filter((need) => need !== policy) };
}

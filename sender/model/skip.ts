import { inBuildOrder } from '../../shared/model/build-order.ts';
import { type Configurations, groupByKind, parseConfigurations, resourcesOf } from '../../shared/model/configurations.ts';
import { type Ref, type Resource, refOf } from '../../shared/model/resource.ts';

/**
 * Leaves out some resources of a document, and all that cannot be without them. A server does
 * without its keypair, a port without its security groups, a subnet without its pool, and a pool
 * without its address scope.
 */
export function withoutRefs(
  document: Configurations,
  skip: readonly Ref[],
): { readonly document: Configurations; readonly gone: ReadonlySet<Ref> } {
  const gone = new Set<Ref>();
  const kept: Resource[] = [];
  for (const resource of inBuildOrder(resourcesOf(document))) {
    const freed = freedOf(resource, gone);
    if (skip.includes(refIn(resource)) || freed.needs.some((need) => gone.has(need))) gone.add(refIn(resource));
    else kept.push(freed);
  }
  if (gone.size === 0) return { document, gone };
  return { document: parseConfigurations({ ...document, ...groupByKind(inOrderOf(document, kept)) }), gone };
}

function refIn({ kind, id }: Resource): Ref {
  return refOf(kind, id);
}

/** A resource without those of its needs that are gone and that it can be without. */
function freedOf(resource: Resource, gone: ReadonlySet<Ref>): Resource {
  const needs = (kind: 'keypair' | 'security_group' | 'subnet_pool' | 'address_scope'): Ref[] =>
    resource.needs.filter((need) => !(need.startsWith(`${kind}/`) && gone.has(need)));
  if (resource.kind === 'server') {
    const isKept = resource.key_name === null || !gone.has(refOf('keypair', resource.key_name));
    return { ...resource, needs: needs('keypair'), key_name: isKept ? resource.key_name : null };
  }
  if (resource.kind === 'subnet') {
    const isKept = resource.subnetpool_id === null || !gone.has(refOf('subnet_pool', resource.subnetpool_id));
    return isKept ? resource : { ...resource, needs: needs('subnet_pool'), subnetpool_id: null };
  }
  if (resource.kind === 'subnet_pool') {
    const isKept = resource.address_scope_id === null || !gone.has(refOf('address_scope', resource.address_scope_id));
    return isKept ? resource : { ...resource, needs: needs('address_scope'), address_scope_id: null };
  }
  if (resource.kind !== 'port') return resource;
  const security_groups = resource.security_groups.filter((id) => !gone.has(refOf('security_group', id)));
  return { ...resource, needs: needs('security_group'), security_groups };
}

function inOrderOf(document: Configurations, kept: readonly Resource[]): Resource[] {
  const byRef = new Map(kept.map((resource) => [refIn(resource), resource]));
  return resourcesOf(document).flatMap((resource) => byRef.get(refIn(resource)) ?? []);
}

import { inBuildOrder } from '../../shared/model/build-order.ts';
import { type Configurations, groupByKind, parseConfigurations, resourcesOf } from '../../shared/model/configurations.ts';
import { freedOfPolicy } from '../../shared/model/qos-user.ts';
import { type Kind, kindOf, type Ref, type Resource, refOf } from '../../shared/model/resource.ts';

/**
 * Leaves out some resources of a document, and all that cannot be without them. A server does
 * without its keypair and its server group, a port without its security groups, a subnet without
 * its pool, a pool without its address scope, and whatever has a QoS policy without that.
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
function freedOf(whole: Resource, gone: ReadonlySet<Ref>): Resource {
  const isKept = (need: Ref): boolean => !gone.has(need);
  const resource = freedOfPolicy(whole, isKept);
  const needsBut = (...spared: readonly Kind[]): Ref[] =>
    resource.needs.filter((need) => isKept(need) || !spared.includes(kindOf(need)));
  if (resource.kind === 'server') {
    const { key_name: key, server_group_id: group } = resource;
    return {
      ...resource,
      needs: needsBut('keypair', 'server_group'),
      key_name: key !== null && isKept(refOf('keypair', key)) ? key : null,
      server_group_id: group !== null && isKept(refOf('server_group', group)) ? group : null,
    };
  }
  if (resource.kind === 'subnet') {
    const { subnetpool_id: pool } = resource;
    const subnetpool_id = pool !== null && isKept(refOf('subnet_pool', pool)) ? pool : null;
    return { ...resource, needs: needsBut('subnet_pool'), subnetpool_id };
  }
  if (resource.kind === 'subnet_pool') {
    const { address_scope_id: scope } = resource;
    const address_scope_id = scope !== null && isKept(refOf('address_scope', scope)) ? scope : null;
    return { ...resource, needs: needsBut('address_scope'), address_scope_id };
  }
  if (resource.kind !== 'port') return resource;
  const security_groups = resource.security_groups.filter((id) => isKept(refOf('security_group', id)));
  return { ...resource, needs: needsBut('security_group'), security_groups };
}

function inOrderOf(document: Configurations, kept: readonly Resource[]): Resource[] {
  const byRef = new Map(kept.map((resource) => [refIn(resource), resource]));
  return resourcesOf(document).flatMap((resource) => byRef.get(refIn(resource)) ?? []);
}

import { type Kind, type Ref, type Resource, refOf } from '../../shared/model/resource.ts';

/**
 * The kinds whose resources are built side by side. Interfaces, ports and floating IPs are not:
 * they claim addresses, and one may move the cloud's own port out of its way. Nor are server
 * groups: of equal ones, those that are built tell which is whose.
 */
const sideBySide: ReadonlySet<Kind> = new Set([
  'qos_policy',
  'network',
  'address_scope',
  'subnet_pool',
  'subnet',
  'router',
  'gateway',
  'address_group',
  'security_group',
  'security_group_rule',
  'rbac_policy',
  'role_assignment',
  'dns_zone',
  'dns_record_set',
  'keypair',
]);

/**
 * Resources in their build order, cut into batches that can be built at once: of one kind, and none
 * needs another of its batch.
 */
export function batchesOf(ordered: readonly Resource[]): Resource[][] {
  const batches: Resource[][] = [];
  let refs = new Set<Ref>();
  for (const resource of ordered) {
    const last = batches.at(-1);
    const joins =
      last !== undefined &&
      last[0]?.kind === resource.kind &&
      sideBySide.has(resource.kind) &&
      !resource.needs.some((need) => refs.has(need));
    if (joins) last.push(resource);
    else {
      batches.push([resource]);
      refs = new Set();
    }
    refs.add(refOf(resource.kind, resource.id));
  }
  return batches;
}

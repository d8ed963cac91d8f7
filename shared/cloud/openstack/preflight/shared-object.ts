import { sharedWith } from '../../../model/rbac.ts';
import type { ResourceOf } from '../../../model/resource.ts';
import type { ApiRbacPolicy } from '../api.ts';
import type { PreflightView } from './view.ts';

interface OwnedThere {
  readonly id: string;
  readonly project_id?: string | null;
}

/** What a shared resource becomes, where it exists at the destination already. */
export function objectThere(view: PreflightView, policy: ResourceOf<'rbac_policy'>): OwnedThere | null | undefined {
  const { object_id: id } = policy;
  switch (policy.object_type) {
    case 'network':
      return view.network(id);
    case 'qos_policy':
      return view.target('qos_policies', id);
    case 'security_group':
      return view.group(id);
    case 'address_scope':
      return view.target('address_scopes', id);
    case 'subnetpool':
      return view.target('subnet_pools', id);
    default:
      return view.target('address_groups', id);
  }
}

/** The policy of the destination that shares the same with the same project already. */
export function samePolicy(view: PreflightView, policy: ResourceOf<'rbac_policy'>): ApiRbacPolicy | undefined {
  const there = objectThere(view, policy);
  const target = sharedWith(policy, view.mappings);
  return view.rbacPolicies.find(
    ({ object_id, action, target_tenant }) => object_id === there?.id && action === policy.action && target_tenant === target,
  );
}

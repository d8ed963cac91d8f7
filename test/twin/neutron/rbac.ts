import type { Cloud } from '../cloud.ts';
import { badRequest, conflict, forbidden } from '../refusal.ts';
import type { Call, Route } from '../route.ts';
import { oneOf, readPost, readPut, text, uuid } from './attributes.ts';
import { collectionRoutes } from './collection.ts';
import { mustOffer } from './extensions.ts';
import type { RbacPolicy, Standard } from './model.ts';
import { asShared, note, type Shareable, share, shareables, thingsOf } from './sharing.ts';
import { checkQuota, missing } from './standard.ts';

const attributes = {
  object_type: { check: oneOf(...shareables), put: false },
  object_id: { check: uuid, put: false },
  target_tenant: { check: text() },
  action: { check: text(), put: false },
};

function policyView(policy: RbacPolicy): Record<string, unknown> {
  return {
    id: policy.id,
    tenant_id: policy.project,
    project_id: policy.project,
    object_type: policy.objectType,
    object_id: policy.objectId,
    action: policy.action,
    target_tenant: policy.target,
  };
}

/** neutron/objects/rbac_db.py, validate_rbac_policy_change. */
function objectOf({ cloud, caller }: Call, type: Shareable, id: string): Standard {
  const thing = thingsOf(cloud, type).get(id);
  if (thing === undefined) throw badRequest(`Invalid input for operation: object ${id} was not found.`, 'InvalidInput');
  if (!caller.admin && thing.project !== caller.projectId)
    throw badRequest(
      'Invalid input for operation: Only admins can manipulate policies on objects they do not own.',
      'InvalidInput',
    );
  return thing;
}

/** neutron/conf/policies/rbac.py, restrict_wildcard. */
function mustBeNarrow({ caller }: Call, verb: string, target: string): void {
  if (target === '*' && !caller.admin)
    throw forbidden(
      `(rule:${verb}_rbac_policy and rule:${verb}_rbac_policy:target_tenant) is disallowed by policy`,
      'PolicyNotAuthorized',
    );
}

function makePolicy(call: Call, given: Record<string, unknown>): RbacPolicy {
  const { cloud, caller } = call;
  mustOffer(cloud, 'rbac-policies');
  const { projectId, values } = readPost(caller, 'create_rbac_policy', attributes, given);
  mustBeNarrow(call, 'create', values.target_tenant);
  if (values.action !== asShared && !(values.object_type === 'network' && values.action === 'access_as_external'))
    throw badRequest(
      `Invalid input for operation: Invalid action '${values.action}' for object type '${values.object_type}'.`,
      'InvalidInput',
    );
  const thing = objectOf(call, values.object_type, values.object_id);
  checkQuota(cloud, projectId, 'rbac_policy');
  const twin = [...cloud.state.rbacPolicies.values()].find(
    (one) => one.objectId === thing.id && one.action === values.action && one.target === values.target_tenant,
  );
  if (twin !== undefined) throw conflict('An RBAC policy already exists with those values.', 'DuplicateRbacPolicy');
  return share(cloud, projectId, values.object_type, thing.id, values.action, values.target_tenant);
}

/** A project that has ports on a network keeps it (RbacPolicyInUse). */
function mustBeUnused({ state }: Cloud, { objectId, target, action }: RbacPolicy): void {
  if (action !== asShared) return;
  const owner = state.networks.get(objectId)?.project;
  const isUsers = (project: string): boolean => project !== '' && project !== owner && (target === '*' || project === target);
  if ([...state.ports.values()].some((port) => port.networkId === objectId && isUsers(port.project)))
    throw conflict(
      `RBAC policy on object ${objectId} cannot be removed because other objects depend on it.\nDetails: `,
      'RbacPolicyInUse',
    );
}

/** RBAC policies (neutron/db/rbac_db_mixin.py). */
export const rbacRoutes: readonly Route[] = collectionRoutes<RbacPolicy>({
  one: 'rbac_policy',
  many: 'rbac_policies',
  things: ({ cloud }: Call) => {
    mustOffer(cloud, 'rbac-policies');
    return cloud.state.rbacPolicies;
  },
  none: missing.rbacPolicy,
  view: (_: Call, policy: RbacPolicy) => policyView(policy),
  attributes,
  filters: [],
  make: makePolicy,
  change: (call: Call, policy: RbacPolicy, given: Record<string, unknown>) => {
    const { target_tenant = policy.target } = readPut(call.caller, 'update_rbac_policy', attributes, given);
    mustBeNarrow(call, 'update', target_tenant);
    policy.target = target_tenant;
    note(call.cloud, policy.objectType as Shareable, policy.objectId);
    call.cloud.changed();
  },
  remove: ({ cloud }: Call, policy: RbacPolicy) => {
    mustBeUnused(cloud, policy);
    cloud.state.rbacPolicies.delete(policy.id);
    note(cloud, policy.objectType as Shareable, policy.objectId);
  },
});

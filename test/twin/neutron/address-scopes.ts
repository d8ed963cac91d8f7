import { conflict } from '../refusal.ts';
import type { Call } from '../route.ts';
import { bool, oneOf, readPost, readPut, text } from './attributes.ts';
import { collectionRoutes } from './collection.ts';
import { mustOffer } from './extensions.ts';
import type { AddressScope } from './model.ts';
import { setShared } from './sharing.ts';
import { isSharedWith, missing, newStandard } from './standard.ts';

const attributes = {
  name: { check: text(), fallback: '' },
  ip_version: { check: oneOf(4, 6), put: false },
  shared: { check: bool, fallback: false, adminOnly: true },
};

/** Address scopes have no standard attributes (neutron/db/models/address_scope.py). */
function scopeView({ id, project, name, ipVersion, shared }: AddressScope): Record<string, unknown> {
  return { id, tenant_id: project, project_id: project, name, ip_version: ipVersion, shared };
}

/** Address scopes (neutron/db/address_scope_db.py). */
export const addressScopeRoutes = collectionRoutes<AddressScope>({
  one: 'address_scope',
  many: 'address_scopes',
  things: ({ cloud }) => {
    mustOffer(cloud, 'address-scope');
    return cloud.state.addressScopes;
  },
  none: missing.addressScope,
  visible: ({ caller }, scope) => caller.admin || isSharedWith(caller, scope) || scope.project === caller.projectId,
  view: (_, scope) => scopeView(scope),
  attributes,
  filters: [],
  make: ({ cloud, caller }: Call, given) => {
    mustOffer(cloud, 'address-scope');
    const { projectId, values } = readPost(caller, 'create_address_scope', attributes, given);
    const { name, ip_version: ipVersion, shared } = values;
    const scope: AddressScope = { ...newStandard(projectId), name, ipVersion, shared };
    cloud.state.addressScopes.set(scope.id, scope);
    setShared(cloud, 'address_scope', scope, shared);
    cloud.changed();
    return scope;
  },
  change: ({ cloud, caller }, scope, given) => {
    const values = readPut(caller, 'update_address_scope', attributes, given);
    scope.name = values.name ?? scope.name;
    if (values.shared !== undefined) setShared(cloud, 'address_scope', scope, values.shared);
    cloud.changed();
  },
  remove: ({ cloud: { state } }, { id }) => {
    if ([...state.subnetPools.values()].some((pool) => pool.scopeId === id))
      throw conflict(
        `Unable to complete operation on address scope ${id}. There are one or more subnet pools in use on the address scope.`,
        'AddressScopeInUse',
      );
    state.addressScopes.delete(id);
  },
});

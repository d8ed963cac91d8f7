import { sharedBy, sharedWith } from '../../../model/rbac.ts';
import type { ResourceOf } from '../../../model/resource.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiThing } from '../api.ts';
import { derived, type Table } from './attribute.ts';

/** Network API v2.0, "Show RBAC policy details". Nothing in it is a place for our stamp. */
// biome-ignore format: a table is read by column
export const rbacPolicy: Table = [
  { api: 'action',        field: 'action',         fate: 'carried', sent: 'always' },
  { api: 'object_type',   field: 'object_type',    fate: 'carried', sent: 'always' },
  { api: 'object_id',     field: 'object_id',      fate: 'mapped', sent: 'always', write: objectThere, why: 'the resource that is shared' },
  { api: 'target_tenant', field: 'target_project', fate: 'mapped', sent: 'always', write: targetThere, why: 'the plan’s `mappings.projects`' },
  ...derived('the project that is mapped', 'target_project', 'target_project_id'),
  ...derived('the identity of the thing', 'id', 'tenant_id', 'project_id'),
];

function objectThere(_id: unknown, resource: ApiThing, context: BuildContext): unknown {
  const shared = sharedBy(resource as unknown as ResourceOf<'rbac_policy'>);
  return shared === null ? null : context.built(shared);
}

function targetThere(_id: unknown, resource: ApiThing, { mappings }: BuildContext): unknown {
  return sharedWith(resource as unknown as ResourceOf<'rbac_policy'>, mappings);
}

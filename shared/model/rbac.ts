import { z } from 'zod';
import type { Mappings } from './mappings.ts';
import { common, Id, type Kind, type Ref, refOf } from './resource-fields.ts';

/** That a resource of the project may be used by another project, or by all. */
export const RbacPolicy = z.object({
  ...common,
  action: z.string(),
  object_type: z.string(),
  object_id: Id,
  /** The other project’s id at the source; `*`: every project. */
  target_project: z.string().min(1),
});

type Rbac = Pick<z.infer<typeof RbacPolicy>, 'object_type' | 'object_id' | 'target_project'>;

/** The kinds that can be shared, by the word that policies have for them. */
const kindOfType: Readonly<Record<string, Kind>> = {
  network: 'network',
  qos_policy: 'qos_policy',
  security_group: 'security_group',
  address_scope: 'address_scope',
  subnetpool: 'subnet_pool',
  address_group: 'address_group',
};

/** The resource that a policy shares; null for one of a kind that is not moved. */
export function sharedBy({ object_type, object_id }: Pick<Rbac, 'object_type' | 'object_id'>): Ref | null {
  const kind = kindOfType[object_type];
  return kind === undefined ? null : refOf(kind, object_id);
}

/** The project of the destination with which a policy shares; null where the plan names none. */
export function sharedWith({ target_project }: Pick<Rbac, 'target_project'>, { projects }: Mappings): string | null {
  const to = projects?.[target_project]?.to;
  return to === undefined || to === 'skip' ? null : to;
}

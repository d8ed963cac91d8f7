import { firstFew } from '../../../first-few.ts';
import type { Concern } from '../../../model/concern.ts';
import { wordOf } from '../../../model/kind-words.ts';
import { sharedBy } from '../../../model/rbac.ts';
import { type Kind, type Ref, type Resource, refOf } from '../../../model/resource.ts';
import type { ApiNetwork, ApiRbacPolicy, ApiThing } from '../api.ts';
import { describe } from '../attributes/describe.ts';
import type { Contents } from './contents.ts';

/** Names that a concern lists. */
const listed = 10;

/** Something that RBAC policies may share. */
interface Shareable {
  readonly ref: Ref;
  readonly name: string;
  readonly isExternal: boolean;
  /** Whether its cloud says that all projects may use it. */
  readonly isShared: boolean;
}

/** What the project owns of the kinds that can be shared. */
function shareables({ scope, networks, qosPolicies, groups, addressScopes, subnetPools, addressGroups }: Contents): Shareable[] {
  const of = (kind: Kind, all: readonly (ApiThing & { readonly id: string; readonly name: string })[]): Shareable[] =>
    all
      .filter((one) => one['project_id'] === scope.projectId)
      .map((one) => ({
        ref: refOf(kind, one.id),
        name: `${wordOf(kind)} ${one.name || one.id}`,
        isExternal: (one as Partial<ApiNetwork>)['router:external'] === true,
        isShared: one['shared'] === true,
      }));
  return [
    ...of('network', networks),
    ...of('qos_policy', qosPolicies),
    ...of('security_group', groups),
    ...of('address_scope', addressScopes),
    ...of('subnet_pool', subnetPools),
    ...of('address_group', addressGroups),
  ];
}

/** The policies that share what is created at the destination. */
export function rbacIn(contents: Contents): Resource[] {
  const shared = new Map(shareables(contents).map((one) => [one.ref, one]));
  return contents.rbacPolicies.flatMap((policy) => {
    const ref = sharedBy(policy);
    const thing = ref === null ? undefined : shared.get(ref);
    if (ref === null || thing === undefined || thing.isExternal) return [];
    const name = Array.from(`${thing.name}, ${policy.action} of ${targetOf(policy)}`)
      .slice(0, 255)
      .join('');
    return [describe('rbac_policy', policy, { name, needs: [ref] })];
  });
}

function targetOf({ target_tenant }: ApiRbacPolicy): string {
  return target_tenant === '*' ? 'every project' : `project ${target_tenant}`;
}

/**
 * The concerns about what is shared and does not stay so: external networks are mapped, and the
 * policies that another project made are seen by an admin alone.
 */
export function rbacConcerns(contents: Contents): Concern[] {
  const all = shareables(contents);
  const policies = contents.rbacPolicies.map((policy) => ({ policy, ref: sharedBy(policy) }));
  const external = new Set(all.filter(({ isExternal }) => isExternal).map(({ ref }) => ref));
  const isLeft = (policy: ApiRbacPolicy, ref: Ref | null): boolean =>
    ref === null ? policy.project_id === contents.scope.projectId : external.has(ref);
  const left = policies.flatMap(({ policy, ref }) => (isLeft(policy, ref) ? [policy] : []));
  const open = new Set(policies.flatMap(({ policy, ref }) => (policy.target_tenant === '*' && ref !== null ? [ref] : [])));
  const unseen = all.filter(({ ref, isShared, isExternal }) => isShared && !isExternal && !open.has(ref));
  return [
    ...(left.length === 0
      ? []
      : [
          {
            code: 'rbac_policy.left',
            severity: 'warning' as const,
            says: `Some RBAC policies are of external networks, which are mapped, or of kinds that are not moved; they stay behind (${left.length}): ${firstFew(
              left.map((policy) => `${policy.action} of ${policy.object_type} ${policy.object_id} for ${targetOf(policy)}`),
              listed,
            )}.`,
            remedy: 'Make at the destination by hand what is needed there.',
          },
        ]),
    ...unseen.map(
      ({ ref, name }): Concern => ({
        code: 'rbac_policy.unseen',
        severity: 'warning',
        about: ref,
        says: `The ${name} is shared with every project by an RBAC policy that cannot be read; it is built as the project's own.`,
        remedy: 'Capture with credentials that may see it (an admin’s), or share it at the destination by hand.',
      }),
    ),
  ];
}

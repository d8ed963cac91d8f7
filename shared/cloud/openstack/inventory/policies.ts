import { firstFew } from '../../../first-few.ts';
import type { Concern } from '../../../model/concern.ts';
import { refOf } from '../../../model/resource.ts';
import type { ApiQosPolicy } from '../api.ts';
import type { Contents } from './contents.ts';
import { type Having, policyUsers } from './policy-users.ts';

/** Names that a concern lists. */
const listed = 10;

/** The QoS policies that the chosen servers need. */
export function policiesOfPart(part: Having, all: readonly ApiQosPolicy[]): readonly ApiQosPolicy[] {
  const used = new Set(policyUsers(part).map(({ policy }) => policy));
  return all.filter(({ id }) => used.has(id));
}

/** The QoS policy that something keeps: one that can be read. */
export function policyOf({ qosPolicies }: Pick<Contents, 'qosPolicies'>, id: string | null | undefined): string | null {
  return qosPolicies.some((one) => one.id === id) ? (id ?? null) : null;
}

/** The concerns about QoS policies that cannot be read, and about those of other projects. */
export function policyConcerns(contents: Contents): Concern[] {
  const { scope, qosPolicies } = contents;
  const unseen = Map.groupBy(
    policyUsers(contents).filter(({ policy }) => policyOf(contents, policy) === null),
    ({ policy }) => policy,
  );
  return [
    ...[...unseen].map(
      ([policy, users]): Concern => ({
        code: 'qos_policy.unseen',
        severity: 'warning',
        ...(users.length === 1 && users[0] !== undefined ? { about: users[0].ref } : {}),
        says: `The QoS policy ${policy} cannot be read with these credentials; without it are built: ${firstFew(
          users.map(({ name }) => name),
          listed,
        )}.`,
        remedy: 'Capture with credentials that may see it (an admin’s), or set one at the destination by hand.',
      }),
    ),
    ...qosPolicies
      .filter(({ project_id }) => project_id !== scope.projectId)
      .map(
        ({ id, name, project_id }): Concern => ({
          code: 'qos_policy.foreign',
          severity: 'warning',
          about: refOf('qos_policy', id),
          says: `The QoS policy ${name || id} belongs to another project (${project_id}); it is built as one of this project, with the rules that it has now.`,
          remedy:
            'Nothing, if its owner need not change the rules later; or share one with the project at the destination, and map to it in `mappings.qos_policies`.',
        }),
      ),
  ];
}

import { sharedWith } from '../../../model/rbac.ts';
import { refOf } from '../../../model/resource.ts';
import { sharingExtensions } from '../attributes/extensions.ts';
import { created } from './decisions.ts';
import { blocking, type PreflightRule, warning } from './rules.ts';
import { objectThere } from './shared-object.ts';

/** What is shared with a project that the plan does not map stays with the project alone. */
export const unmappedProjects: PreflightRule = (view) =>
  view
    .of('rbac_policy')
    .filter((policy) => sharedWith(policy, view.mappings) === null)
    .map(({ id, name, target_project }) =>
      warning(
        'rbac_policy.target_unmapped',
        refOf('rbac_policy', id),
        `The plan maps no project to ${target_project}, and it is not shared there: ${name}.`,
        'Name the project of the destination in `mappings.projects`, or nothing, if nobody else is to use it.',
      ),
    );

/** Only an admin shares with every project (neutron/conf/policies/rbac.py, restrict_wildcard). */
export const sharingRights: PreflightRule = (view) => {
  if (view.admin) return [];
  return created(view, view.of('rbac_policy'))
    .filter((policy) => sharedWith(policy, view.mappings) === '*')
    .map(({ id, name }) =>
      blocking(
        'rbac_policy.rights',
        refOf('rbac_policy', id),
        `By default only an admin of the destination may share something with every project: ${name}.`,
        "Use an admin's credentials, map it to one project, or skip it.",
      ),
    );
};

/** What another project owns at the destination is not ours to share. */
export const foreignObjects: PreflightRule = (view) =>
  created(view, view.of('rbac_policy')).flatMap((policy) => {
    const there = objectThere(view, policy);
    if (!there || there.project_id === view.projectId) return [];
    return [
      blocking(
        'rbac_policy.object_foreign',
        refOf('rbac_policy', policy.id),
        `What takes the place at the destination belongs to another project, and is not ours to share: ${policy.name}.`,
        'Skip it, or let the resource be created.',
      ),
    ];
  });

/** A kind of resource that cannot be shared fails in the middle of the network side. */
export const unsharedKinds: PreflightRule = (view) =>
  created(view, view.of('rbac_policy')).flatMap(({ id, name, object_type }) => {
    const alias = sharingExtensions[object_type];
    if (alias === undefined || !view.lacks.has(alias)) return [];
    return [
      blocking(
        'extension.absent',
        refOf('rbac_policy', id),
        `The destination's Neutron lacks the extension ${alias}, without which it cannot be shared: ${name}.`,
        'Enable it at the destination, or skip the policy.',
      ),
    ];
  });

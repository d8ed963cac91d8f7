import type { ApiSecurityGroup } from './api.ts';

/** The group that Neutron creates for every project and gives to ports that name no group. */
export const defaultName = 'default';

/**
 * Whether a group of the document is the source project's default group. Only one has this name: a
 * capture renames the default groups of other projects, and Neutron refuses to create it.
 */
export function isDefaultGroup({ name }: { readonly name: string }): boolean {
  return name === defaultName;
}

/** The name that a group has in the document; `own`: whether the captured project owns it. */
export function documentName(group: Pick<ApiSecurityGroup, 'name' | 'project_id'>, own: boolean): string {
  // Neutron refuses the name in any case (neutron/extensions/securitygroup.py,
  // _validate_name_not_default).
  return own || group.name.toLowerCase() !== defaultName ? group.name : `${defaultName} of project ${group.project_id}`;
}

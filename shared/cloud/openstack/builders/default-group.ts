import { Problem } from '../../../problem.ts';
import type { ApiSecurityGroup } from '../api.ts';
import type { Site } from './site.ts';

/** The group that Neutron creates for every project and gives to ports that name no group. */
const defaultName = 'default';

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

/** The project's default group. Neutron creates it, if it is missing, when groups are listed. */
export async function defaultGroup(site: Site, signal: AbortSignal): Promise<ApiSecurityGroup> {
  const project_id = await site.projectId(signal);
  const groups = await site.network<ApiSecurityGroup>(
    '/security-groups',
    'security_groups',
    { name: defaultName, project_id },
    signal,
  );
  const found = groups.find((group) => group.name === defaultName && group.project_id === project_id);
  if (found === undefined) throw new Problem('E_CONFLICT', 'The destination project has no default security group.');
  return found;
}

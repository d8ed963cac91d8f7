import { Problem } from '../../../problem.ts';
import type { ApiSecurityGroup } from '../api.ts';
import type { Site } from './site.ts';

/** The group that Neutron makes for every project, cannot be made again, and is given to ports that name none. */
const defaultName = 'default';

/**
 * Whether a group of the document is the source project's own default group. A capture gives another project's default group a name of
 * its own, and Neutron lets nobody make a group of this name, so that there is only one.
 */
export function isDefaultGroup({ name }: { readonly name: string }): boolean {
  return name === defaultName;
}

/** The name that a group has in the document; `own`: whether the captured project owns it. */
export function documentName(group: Pick<ApiSecurityGroup, 'name' | 'project_id'>, own: boolean): string {
  // neutron/extensions/securitygroup.py, _validate_name_not_default: the name is refused in any case of its letters.
  return own || group.name.toLowerCase() !== defaultName ? group.name : `${defaultName} of project ${group.project_id}`;
}

/** The project's default group; listing groups makes Neutron create it where it is not there yet. */
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

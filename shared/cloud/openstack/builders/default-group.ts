import { Problem } from '../../../problem.ts';
import type { ApiSecurityGroup } from '../api.ts';
import { defaultName } from '../group-name.ts';
import type { Site } from './site.ts';

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

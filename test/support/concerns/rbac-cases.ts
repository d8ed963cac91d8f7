import type { ApiNetwork } from '../../../shared/cloud/openstack/api.ts';
import { aResource } from '../build.ts';
import type { Case, Cases, Situation } from './case.ts';
import type { Look } from './look.ts';

const between = (fires: Situation, silent: Situation): Case => ({ fires, silent });

const network = aResource('network', { id: 'n', name: 'lan' });
const policy = (target_project: string) =>
  aResource('rbac_policy', {
    id: 'r',
    name: `network lan, for ${target_project}`,
    object_id: 'n',
    target_project,
    needs: ['network/n'],
  });

/** The cases of what is shared with other projects. */
export function rbacCases(look: Look): Cases {
  const shared = (what: string, target: string, admin: boolean, projects: Record<string, { to: string }>): Situation =>
    look(what, () => ({ resources: [network, policy(target)], destination: { admin }, mappings: { projects } }));
  const mapped = (what: string, project_id: string | null): Situation =>
    look(what, ({ destination }) => {
      const there: ApiNetwork = { id: 'there', name: 'there', project_id: project_id ?? destination.projectId, shared: true };
      return {
        resources: [network, policy('other')],
        destination: { networks: [...destination.networks, there] },
        mappings: { networks: { n: { to: 'there' } }, projects: { other: { to: 'p-there' } } },
      };
    });
  return {
    'rbac_policy.target_unmapped': between(
      shared('a project that the plan does not map', 'other', false, {}),
      shared('one that it maps', 'other', false, { other: { to: 'p-there' } }),
    ),
    'rbac_policy.rights': between(
      shared('a member who shares with all', '*', false, { '*': { to: '*' } }),
      shared('an admin who does', '*', true, { '*': { to: '*' } }),
    ),
    'rbac_policy.object_foreign': between(
      mapped('a network that is mapped to another project’s', 'another'),
      mapped('one that is mapped to the project’s own', null),
    ),
  };
}

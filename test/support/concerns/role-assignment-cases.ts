import type { AssignmentThere } from '../../../shared/cloud/openstack/preflight/assignments.ts';
import { type Ref, refOf } from '../../../shared/model/resource.ts';
import { aResource } from '../build.ts';
import type { Case, Cases, Situation } from './case.ts';
import type { Look } from './look.ts';

const between = (fires: Situation, silent: Situation): Case => ({ fires, silent });

const ada = aResource('role_assignment', { id: 'a1', name: 'user ada as member' });

/** The cases of roles in the project. */
export function roleAssignmentCases(look: Look): Cases {
  const there = (what: string, standing: AssignmentThere | null, carried: boolean): Situation =>
    look(what, () => ({
      resources: [ada],
      destination: {
        assignments: standing === null ? null : new Map<Ref, AssignmentThere>([[refOf('role_assignment', 'a1'), standing]]),
      },
      mappings: carried ? { assignments: 'carry' } : {},
    }));
  const kept = there('a role that is lacking', 'lacking', false);
  const granted = there('one that is granted', 'granted', false);
  const carried = there('a role that the plan grants', 'lacking', true);
  return {
    'role_assignment.kept': between(kept, granted),
    'role_assignment.untold': between(there('a member’s credentials', null, false), granted),
    'role_assignment.rights': between(there('a member who grants roles', null, true), carried),
    'role_assignment.holder_absent': between(there('a user whom nobody knows', 'no holder', true), carried),
    'role_assignment.role_absent': between(there('a role that nobody knows', 'no role', true), carried),
    'role_assignment.admin': between(there('an admin who is not mapped', 'admin', true), carried),
  };
}

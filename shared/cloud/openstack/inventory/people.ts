import type { ResourceOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { ApiAssignment, ApiPerson, ApiThing } from '../api.ts';
import { describe } from '../attributes/describe.ts';
import { listAll } from '../session/pages.ts';
import type { CloudSession } from '../session/session.ts';
import type { Scope } from './scope.ts';

/** Who has roles in a project. */
export interface People {
  /** What was granted in the project itself, to users and to groups. */
  readonly granted: readonly ApiAssignment[];
  /** What counts there: of members of groups, too, and what is inherited from above. */
  readonly effective: readonly ApiAssignment[];
}

/** Nobody, where roles do not matter. */
export const nobody: People = { granted: [], effective: [] };

/** How long a cloud may take to tell them: milliseconds. */
const patienceMs = 10_000;

/**
 * Reads who has roles in a project (Identity API v3, "List role assignments"); null where the cloud
 * does not tell. By default only an admin may (keystone/common/policies/role_assignment.py).
 */
export async function whoIsIn(session: CloudSession, { projectId }: Scope, signal: AbortSignal): Promise<People | null> {
  const soon = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const list = (more: Readonly<Record<string, string>>): Promise<ApiAssignment[]> => {
    const query = { 'scope.project.id': projectId, include_names: 'true', ...more };
    const listing = { service: 'identity', path: '/role_assignments', key: 'role_assignments', query } as const;
    return listAll<ApiAssignment>(session, listing, soon);
  };
  try {
    return { granted: await list({}), effective: await list({ effective: 'true' }) };
  } catch (error) {
    if (signal.aborted || !(error instanceof Problem)) throw error;
    return null;
  }
}

/** The users who have a role in a project, each once. */
export function usersAmong({ effective }: People): ApiPerson[] {
  const users = effective.flatMap(({ user }) => (user === undefined ? [] : [user]));
  return [...new Map(users.map((user) => [user.id, user])).values()];
}

/** The assignments that a document holds: of the project itself, with the names of all in them. */
export function assignmentsIn({ granted }: People): ResourceOf<'role_assignment'>[] {
  return granted.filter(isCaptured).flatMap((one) => {
    const holder = one.group === undefined ? 'user' : 'group';
    const { id = '', name = '' } = one.group ?? one.user ?? {};
    const more = { id: `${id}.${one.role.id}`, name: inWords(one), holder, holder_id: id, holder_name: name } as const;
    return describe('role_assignment', one as unknown as ApiThing, { ...more, role: roleOf(one) });
  });
}

/** A role of a domain is another one at each cloud. */
function isCaptured(one: ApiAssignment): boolean {
  const { name } = one.group ?? one.user ?? {};
  return !isInherited(one) && Boolean(name) && Boolean(one.role.name) && one.role.domain === undefined;
}

/**
 * Every assignment that no document holds, in words: whose, and which role. Implied roles follow
 * from others.
 */
export function assignmentsLeft({ granted, effective }: People): string[] {
  const inherited = effective.filter((one) => isInherited(one) && one.links?.prior_role === undefined);
  const words = [
    ...granted
      .filter((one) => !isCaptured(one))
      .map((one) => `${inWords(one)}${isInherited(one) ? ' of the projects below' : ''}`),
    ...inherited.map((one) => `${inWords(one)} by inheritance`),
  ];
  return [...new Set(words)].sort();
}

/** A user or group as people know it; one of another domain than the default with its domain. */
export function nameOfPerson({ id, name, domain }: ApiPerson): string {
  const within = domain === undefined || domain.id === 'default' ? '' : ` of domain ${domain.name ?? domain.id}`;
  // Of a user whom an identity provider no longer has Keystone tells an empty name.
  return `${name || id}${within}`;
}

function isInherited({ scope }: ApiAssignment): boolean {
  return scope?.['OS-INHERIT:inherited_to'] !== undefined;
}

function inWords(one: ApiAssignment): string {
  return `${holderOf(one)} as ${roleOf(one)}`;
}

function holderOf({ user, group }: ApiAssignment): string {
  if (group !== undefined) return `group ${nameOfPerson(group)}`;
  return user === undefined ? 'someone' : `user ${nameOfPerson(user)}`;
}

function roleOf({ role }: ApiAssignment): string {
  return role.name || role.id;
}

import type { Mappings } from '../../model/mappings.ts';
import type { ResourceOf } from '../../model/resource.ts';
import { holderThere } from '../../model/role-assignment.ts';
import type { ApiPerson } from './api.ts';
import { partOf } from './session/answer.ts';
import { listAll } from './session/pages.ts';
import type { CloudSession } from './session/session.ts';

/** A role of the destination for one of its users or groups. */
export interface Grant {
  readonly holder: 'users' | 'groups';
  readonly holderId: string;
  readonly roleId: string;
}

/**
 * Why there is no grant for an assignment of the source: the plan skips it; nobody there has the
 * name; there is no such role; or it is the role `admin`, which counts in the whole cloud, and
 * equal names do not prove that two users are the same person.
 */
export type NoGrant = 'skipped' | 'no holder' | 'no role' | 'admin';

/** Where grants are made. */
export interface GrantPlace {
  readonly projectId: string;
  /** Names of users and groups count in it; null where the cloud does not tell it. */
  readonly domainId: string | null;
}

/** Finds the grant that an assignment of the source becomes, or says why there is none. */
export async function grantFor(
  session: CloudSession,
  place: GrantPlace,
  { holder, holder_id, holder_name, role }: ResourceOf<'role_assignment'>,
  mappings: Mappings,
  signal: AbortSignal,
): Promise<Grant | NoGrant> {
  const wanted = holderThere({ holder, holder_id, holder_name }, mappings);
  if (wanted === null) return 'skipped';
  const kind = `${holder}s` as const;
  const domain = place.domainId === null ? {} : { domain_id: place.domainId };
  const found =
    (await namedSo(session, kind, wanted.to, domain, signal)) ??
    (wanted.isMapped ? await withId(session, kind, wanted.to, signal) : undefined);
  if (found === undefined) return 'no holder';
  const there = await namedSo(session, 'roles', role, {}, signal);
  if (there === undefined) return 'no role';
  const grant = { holder: kind, holderId: found.id, roleId: there.id };
  const isMeant = wanted.isMapped || role.toLowerCase() !== 'admin' || (await isGranted(session, place, grant, signal));
  return isMeant ? grant : 'admin';
}

/** Keystone's database may compare without case. */
async function namedSo(
  session: CloudSession,
  kind: 'users' | 'groups' | 'roles',
  name: string,
  domain: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ApiPerson | undefined> {
  const listing = { service: 'identity', path: `/${kind}`, key: kind, query: { name, ...domain } } as const;
  const all = await listAll<ApiPerson>(session, listing, signal);
  return all.find((one) => one.name === name);
}

async function withId(
  session: CloudSession,
  kind: 'users' | 'groups',
  id: string,
  signal: AbortSignal,
): Promise<ApiPerson | undefined> {
  const path = `/${kind}/${encodeURIComponent(id)}`;
  const { status, body } = await session.call({ method: 'GET', service: 'identity', path, mayBeGone: true, signal });
  return status === 404 ? undefined : partOf<ApiPerson>(body, kind.slice(0, -1), `GET ${path}`);
}

/** Whether a role was granted in a project itself; an inherited one is none of it. */
export async function isGranted(
  session: CloudSession,
  { projectId }: Pick<GrantPlace, 'projectId'>,
  grant: Grant,
  signal: AbortSignal,
): Promise<boolean> {
  const path = pathOf(projectId, grant);
  const { status } = await session.call({ method: 'GET', service: 'identity', path, mayBeGone: true, signal });
  return status !== 404;
}

/** Grants a role. Keystone takes one that is there already for granted. */
export async function grantRole(session: CloudSession, projectId: string, grant: Grant, signal: AbortSignal): Promise<void> {
  await session.call({ method: 'PUT', service: 'identity', path: pathOf(projectId, grant), signal });
}

/** Revokes a role; false where it was not granted. */
export async function revokeRole(session: CloudSession, projectId: string, grant: Grant, signal: AbortSignal): Promise<boolean> {
  const path = pathOf(projectId, grant);
  const { status } = await session.call({ method: 'DELETE', service: 'identity', path, mayBeGone: true, signal });
  return status !== 404;
}

/** Identity API v3, "Assign role to user on project", and the same for groups. */
function pathOf(projectId: string, { holder, holderId, roleId }: Grant): string {
  const whose = `${holder}/${encodeURIComponent(holderId)}`;
  return `/projects/${encodeURIComponent(projectId)}/${whose}/roles/${encodeURIComponent(roleId)}`;
}

import { z } from 'zod';
import { parse } from '../body.ts';
import type { Cloud } from '../cloud.ts';
import { newHexId } from '../identifier.ts';
import { notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { allow, byName, list, self } from './answers.ts';
import { inDomain } from './catalogue.ts';
import { holdersOf, impliedBy } from './held.ts';
import type { Assignment, Group } from './model.ts';
import { domain, roleId, roleNames } from './seed.ts';

/** What a grant of the path means. Throws a 404 for who or what is not there. */
function grantOf(call: Call, holder: 'users' | 'groups', isInherited: boolean): Assignment {
  const { users, userGroups, projects } = call.cloud.state;
  const role = roleNames.find((name) => roleId(name) === call.param('role'));
  if (role === undefined) throw notFound(`Could not find role: ${call.param('role')}.`);
  const id = call.param('holder');
  if (!(holder === 'users' ? users : userGroups).has(id)) throw notFound(`Could not find ${holder.slice(0, -1)}: ${id}.`);
  const projectId = isInherited ? '' : call.param('project');
  if (!isInherited && !projects.has(projectId)) throw notFound(`Could not find project: ${projectId}.`);
  return holder === 'users' ? { userId: id, projectId, role } : { userId: '', groupId: id, projectId, role };
}

function keyOf({ userId, groupId, projectId, role }: Assignment): string {
  return `${groupId ?? userId}:${projectId}:${role}`;
}

/** Grants and revokes roles of one sort of holder (keystone/api/projects.py, Project*Grant*). */
function grantsOf(holder: 'users' | 'groups', path: string, isInherited = false): Route[] {
  const check = (call: Call): Answer => {
    allow(call.caller, 'identity:check_grant');
    const grant = grantOf(call, holder, isInherited);
    if (!call.cloud.state.assignments.has(keyOf(grant))) throw ungranted(call);
    return { status: 204 };
  };
  const grant = (call: Call): Answer => {
    allow(call.caller, 'identity:create_grant');
    const made = grantOf(call, holder, isInherited);
    call.cloud.state.assignments.set(keyOf(made), made);
    call.cloud.changed();
    return { status: 204 };
  };
  const revoke = (call: Call): Answer => {
    allow(call.caller, 'identity:revoke_grant');
    if (!call.cloud.state.assignments.delete(keyOf(grantOf(call, holder, isInherited)))) throw ungranted(call);
    call.cloud.changed();
    return { status: 204 };
  };
  return [
    route('identity', 'GET', path, check),
    route('identity', 'HEAD', path, check),
    route('identity', 'PUT', path, grant),
    route('identity', 'DELETE', path, revoke),
  ];
}

function ungranted(call: Call): Error {
  return notFound(`Could not find role assignment with role: ${call.param('role')}, user or group: ${call.param('holder')}.`);
}

/** An assignment as it is listed: whose it is, of what, and by which way. */
interface Shown extends Assignment {
  readonly isInherited: boolean;
  readonly prior?: string;
}

/**
 * What counts in a project: members in place of groups, inherited roles, and implied ones
 * (keystone/assignment/core.py, `_list_effective_role_assignments`).
 */
function effective(cloud: Cloud, projectId: string | null): Shown[] {
  const projects = projectId === null ? [...cloud.state.projects.keys()] : [projectId];
  return [...cloud.state.assignments.values()].flatMap((each) =>
    projects
      .filter((id) => each.projectId === '' || each.projectId === id)
      .flatMap((id) =>
        holdersOf(cloud.state, each).flatMap((userId) => {
          const shown = { userId, projectId: id, role: each.role, isInherited: each.projectId === '' };
          return [shown, ...impliedBy(each.role).map((role) => ({ ...shown, role, prior: each.role }))];
        }),
      ),
  );
}

/** Identity API, "List role assignments"; keystone/api/role_assignments.py, `_format_entity`. */
function assignments(call: Call): Answer {
  const { cloud, query } = call;
  allow(call.caller, 'identity:list_role_assignments');
  const isTrue = (name: string): boolean => query.has(name) && !['0', 'false'].includes((query.get(name) ?? '').toLowerCase());
  const fits = (filter: string, value: string | undefined): boolean => (query.get(filter) ?? value) === value;
  const plain = [...cloud.state.assignments.values()].map((each) => ({ ...each, isInherited: each.projectId === '' }));
  const all: readonly Shown[] = isTrue('effective') ? effective(cloud, query.get('scope.project.id')) : plain;
  const meant = all.filter(
    (each) =>
      fits('user.id', each.userId) &&
      fits('group.id', each.groupId) &&
      fits('scope.project.id', each.projectId) &&
      fits('role.id', roleId(each.role)),
  );
  return list(
    call,
    'role_assignments',
    meant.map((each) => shownAs(cloud, each, isTrue('include_names'))),
  );
}

function shownAs(cloud: Cloud, { userId, groupId, projectId, role, isInherited, prior }: Shown, withNames: boolean): object {
  const { users, userGroups, projects } = cloud.state;
  const named = (id: string, all: ReadonlyMap<string, { readonly name: string }>): object =>
    withNames ? inDomain({ id, name: all.get(id)?.name ?? '' }) : { id };
  const holder = groupId === undefined ? { user: named(userId, users) } : { group: named(groupId, userGroups) };
  const within = projectId === '' ? { domain: withNames ? domain : { id: domain.id } } : { project: named(projectId, projects) };
  const base = `${cloud.url('identity')}/v3`;
  return {
    ...holder,
    role: withNames ? { id: roleId(role), name: role } : { id: roleId(role) },
    scope: { ...within, ...(isInherited ? { 'OS-INHERIT:inherited_to': 'projects' } : {}) },
    links: {
      assignment: `${base}/projects/${projectId}/users/${groupId ?? userId}/roles/${roleId(role)}`,
      ...(prior === undefined ? {} : { prior_role: `${base}/prior_role/${roleId(prior)}/implies/${roleId(role)}` }),
    },
  };
}

const newGroup = z.object({ group: z.object({ name: z.string().min(1).max(64) }) });

function groupView(cloud: Cloud, { id, name }: Group): object {
  return { id, name, description: '', domain_id: domain.id, links: self(cloud, `groups/${id}`) };
}

function createGroup(call: Call): Answer {
  allow(call.caller, 'identity:create_group');
  const made: Group = { id: newHexId(), name: parse(newGroup, call.body).group.name, members: [] };
  call.cloud.state.userGroups.set(made.id, made);
  call.cloud.changed();
  return { status: 201, body: { group: groupView(call.cloud, made) } };
}

function listGroups(call: Call): Answer {
  allow(call.caller, 'identity:list_groups');
  const groups = byName(call, call.cloud.state.userGroups.values());
  return list(
    call,
    'groups',
    groups.map((group) => groupView(call.cloud, group)),
  );
}

function showGroup(call: Call): Answer {
  allow(call.caller, 'identity:get_group');
  const group = call.cloud.state.userGroups.get(call.param('group'));
  if (group === undefined) throw notFound(`Could not find group: ${call.param('group')}.`);
  return { status: 200, body: { group: groupView(call.cloud, group) } };
}

function addMember(call: Call): Answer {
  allow(call.caller, 'identity:add_user_to_group');
  const { userGroups, users } = call.cloud.state;
  const group = userGroups.get(call.param('group'));
  if (group === undefined) throw notFound(`Could not find group: ${call.param('group')}.`);
  if (!users.has(call.param('user'))) throw notFound(`Could not find user: ${call.param('user')}.`);
  userGroups.set(group.id, { ...group, members: [...new Set([...group.members, call.param('user')])] });
  call.cloud.changed();
  return { status: 204 };
}

/** Groups, and the roles that users and groups have. */
export const assignmentRoutes: readonly Route[] = [
  route('identity', 'GET', '/v3/role_assignments', assignments),
  ...grantsOf('users', '/v3/projects/:project/users/:holder/roles/:role'),
  ...grantsOf('groups', '/v3/projects/:project/groups/:holder/roles/:role'),
  ...grantsOf('users', '/v3/OS-INHERIT/domains/:domain/users/:holder/roles/:role/inherited_to_projects', true),
  ...grantsOf('groups', '/v3/OS-INHERIT/domains/:domain/groups/:holder/roles/:role/inherited_to_projects', true),
  route('identity', 'GET', '/v3/groups', listGroups),
  route('identity', 'POST', '/v3/groups', createGroup),
  route('identity', 'GET', '/v3/groups/:group', showGroup),
  route('identity', 'PUT', '/v3/groups/:group/users/:user', addMember),
];

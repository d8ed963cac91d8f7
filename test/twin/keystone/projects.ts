import { z } from 'zod';
import { parse } from '../body.ts';
import type { Cloud } from '../cloud.ts';
import { longStamp, newHexId } from '../identifier.ts';
import type { Caller } from '../policy.ts';
import { conflict, forbidden, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import type { ApplicationCredential, Project, User } from './model.ts';
import { assign, digestSecret, domain, roleId, roleNames } from './seed.ts';

/** Keystone's own words for a refused right. */
function allow(caller: Caller, rule: string, ownUserId = ''): void {
  if (caller.admin || (ownUserId !== '' && ownUserId === caller.userId)) return;
  throw forbidden(`You are not authorized to perform the requested action: ${rule}.`, 'Forbidden');
}

const self = (cloud: Cloud, path: string): { self: string } => ({ self: `${cloud.url('identity')}/v3/${path}` });

/**
 * Keystone cuts a list at its `list_limit`, says so, and links no further page
 * (keystone/server/flask/common.py, `wrap_collection` and `limit`).
 */
function list(call: Call, key: string, all: readonly unknown[]): Answer {
  const query = call.query.size > 0 ? `?${call.query.toString()}` : '';
  const items = all.slice(0, call.cloud.settings.pageSize);
  const links = { next: null, previous: null, self: `${call.cloud.url('identity')}${call.path}${query}` };
  return { status: 200, body: { links, [key]: items, ...(items.length < all.length ? { truncated: true } : {}) } };
}

function projectView(cloud: Cloud, project: Project): Record<string, unknown> {
  const links = self(cloud, `projects/${project.id}`);
  return { ...project, domain_id: domain.id, parent_id: domain.id, is_domain: false, tags: [], options: {}, links };
}

function userView(cloud: Cloud, user: User): Record<string, unknown> {
  const { id, name, enabled } = user;
  return { id, name, enabled, domain_id: domain.id, password_expires_at: null, options: {}, links: self(cloud, `users/${id}`) };
}

const byName = <T extends { name: string }>(call: Call, items: Iterable<T>): T[] => {
  const name = call.query.get('name');
  return [...items].filter((item) => name === null || item.name === name);
};

function projectsOf(cloud: Cloud, userId: string): Project[] {
  const ids = new Set(
    [...cloud.state.assignments.values()].filter((each) => each.userId === userId).map((each) => each.projectId),
  );
  return [...cloud.state.projects.values()].filter((project) => ids.has(project.id));
}

function project(call: Call): Project {
  const found = call.cloud.state.projects.get(call.param('id'));
  if (found === undefined) {
    // A caller without the right learns nothing about what exists.
    allow(call.caller, 'identity:get_project');
    throw notFound(`Could not find project: ${call.param('id')}.`);
  }
  if (!projectsOf(call.cloud, call.caller.userId).includes(found)) allow(call.caller, 'identity:get_project');
  return found;
}

const newProject = z.object({
  project: z.object({ name: z.string().min(1).max(64), description: z.string().default(''), enabled: z.boolean().default(true) }),
});
const newUser = z.object({
  user: z.object({ name: z.string().min(1).max(255), password: z.string().default(''), enabled: z.boolean().default(true) }),
});

function createProject(call: Call): Answer {
  allow(call.caller, 'identity:create_project');
  const given = parse(newProject, call.body).project;
  if (byNameIn(call.cloud.state.projects, given.name))
    throw conflict(
      'Conflict occurred attempting to store project - it is not permitted to have two projects with the same name in the same domain.',
    );
  const made: Project = { id: newHexId(), ...given };
  call.cloud.state.projects.set(made.id, made);
  call.cloud.changed();
  return { status: 201, body: { project: projectView(call.cloud, made) } };
}

const byNameIn = (map: ReadonlyMap<string, { name: string }>, name: string): boolean =>
  [...map.values()].some((each) => each.name === name);

function createUser(call: Call): Answer {
  allow(call.caller, 'identity:create_user');
  const { name, password, enabled } = parse(newUser, call.body).user;
  if (byNameIn(call.cloud.state.users, name))
    throw conflict('Conflict occurred attempting to store user - Duplicate entry found with name.');
  const made: User = { id: newHexId(), name, enabled, secret: digestSecret(password, newHexId()) };
  call.cloud.state.users.set(made.id, made);
  call.cloud.changed();
  return { status: 201, body: { user: userView(call.cloud, made) } };
}

function user(call: Call): User {
  allow(call.caller, 'identity:get_user', call.param('id'));
  const found = call.cloud.state.users.get(call.param('id'));
  if (found === undefined) throw notFound(`Could not find user: ${call.param('id')}.`);
  return found;
}

function grant(call: Call): Answer {
  allow(call.caller, 'identity:create_grant');
  const role = roleNames.find((name) => roleId(name) === call.param('role'));
  if (role === undefined) throw notFound(`Could not find role: ${call.param('role')}.`);
  assign(call.cloud.state, call.param('user'), call.param('project'), role);
  call.cloud.changed();
  return { status: 204 };
}

function revoke(call: Call): Answer {
  allow(call.caller, 'identity:revoke_grant');
  const role = roleNames.find((name) => roleId(name) === call.param('role'));
  if (!call.cloud.state.assignments.delete(`${call.param('user')}:${call.param('project')}:${role}`))
    throw notFound(`Could not find role assignment with role: ${call.param('role')}.`);
  call.cloud.changed();
  return { status: 204 };
}

/** A project or user that is disabled: its tokens are refused until it is enabled again. */
const change = z.object({ enabled: z.boolean() });

function changeProject(call: Call): Answer {
  allow(call.caller, 'identity:update_project');
  const found = project(call);
  found.enabled = parse(z.object({ project: change }), call.body).project.enabled;
  call.cloud.changed();
  return { status: 200, body: { project: projectView(call.cloud, found) } };
}

function changeUser(call: Call): Answer {
  allow(call.caller, 'identity:update_user');
  const found = user(call);
  found.enabled = parse(z.object({ user: change }), call.body).user.enabled;
  call.cloud.changed();
  return { status: 200, body: { user: userView(call.cloud, found) } };
}

/** What was in it stays where it is: the services are not told to remove anything. */
function removeProject(call: Call): Answer {
  allow(call.caller, 'identity:delete_project');
  const { id } = project(call);
  call.cloud.state.projects.delete(id);
  for (const [key, { projectId }] of call.cloud.state.assignments) if (projectId === id) call.cloud.state.assignments.delete(key);
  call.cloud.changed();
  return { status: 204 };
}

function assignments(call: Call): Answer {
  allow(call.caller, 'identity:list_role_assignments');
  // Identity API, "List role assignments": by user, and by project.
  const fits = (filter: string, value: string): boolean => (call.query.get(filter) ?? value) === value;
  const all = [...call.cloud.state.assignments.values()];
  const meant = all.filter((each) => fits('user.id', each.userId) && fits('scope.project.id', each.projectId));
  const items = meant.map((each) => ({
    role: { id: roleId(each.role) },
    user: { id: each.userId },
    scope: { project: { id: each.projectId } },
  }));
  return list(call, 'role_assignments', items);
}

const newCredential = z.object({
  application_credential: z.object({
    name: z.string().min(1),
    description: z.string().nullable().default(null),
    secret: z.string().optional(),
    expires_at: z.string().nullish(),
    roles: z.array(z.object({ id: z.string().optional(), name: z.string().optional() })).optional(),
  }),
});

function credentialView(cloud: Cloud, credential: ApplicationCredential): Record<string, unknown> {
  const { id, name, description, userId, projectId, expiresAt } = credential;
  const roles = credential.roles.map((role) => ({
    id: roleId(role),
    name: role,
    domain_id: null,
    description: null,
    options: { immutable: true },
  }));
  const links = self(cloud, `application_credentials/${id}`);
  return {
    id,
    name,
    description,
    user_id: userId,
    project_id: projectId,
    system: null,
    expires_at: expiresAt,
    unrestricted: null,
    roles,
    links,
  };
}

function createCredential(call: Call): Answer {
  const { cloud, caller } = call;
  if (caller.userId !== call.param('user')) allow({ ...caller, admin: false }, 'identity:create_application_credential');
  const given = parse(newCredential, call.body).application_credential;
  const owned = [...cloud.state.credentials.values()].filter((each) => each.userId === caller.userId);
  if (owned.some((each) => each.name === given.name))
    throw conflict('Conflict occurred attempting to store application_credential - Duplicate entry found with name.');
  const secret = given.secret ?? newHexId() + newHexId();
  const asked = given.roles?.map((role) => role.name ?? roleNames.find((name) => roleId(name) === role.id) ?? '');
  const made: ApplicationCredential = {
    id: newHexId(),
    name: given.name,
    description: given.description,
    userId: caller.userId,
    projectId: caller.projectId,
    roles: asked ?? caller.roles,
    secret: digestSecret(secret, newHexId()),
    expiresAt: given.expires_at ? longStamp(new Date(`${given.expires_at.replace(/Z$/, '')}Z`)) : null,
  };
  cloud.state.credentials.set(made.id, made);
  cloud.changed();
  return { status: 201, body: { application_credential: { ...credentialView(cloud, made), secret } } };
}

function credentials(call: Call): Answer {
  allow(call.caller, 'identity:list_application_credentials', call.param('user'));
  const items = [...call.cloud.state.credentials.values()].filter((each) => each.userId === call.param('user'));
  return list(
    call,
    'application_credentials',
    items.map((each) => credentialView(call.cloud, each)),
  );
}

function deleteCredential(call: Call): Answer {
  allow(call.caller, 'identity:delete_application_credential', call.param('user'));
  const { state } = call.cloud;
  if (!state.credentials.delete(call.param('id'))) throw notFound(`Could not find Application Credential: ${call.param('id')}.`);
  for (const token of [...state.tokens.values()])
    if (token.applicationCredentialId === call.param('id')) state.tokens.delete(token.id);
  call.cloud.changed();
  return { status: 204 };
}

function listProjects(call: Call): Answer {
  allow(call.caller, 'identity:list_projects');
  return list(
    call,
    'projects',
    byName(call, call.cloud.state.projects.values()).map((each) => projectView(call.cloud, each)),
  );
}

function ownProjects(call: Call, userId: string): Answer {
  return list(
    call,
    'projects',
    byName(call, projectsOf(call.cloud, userId)).map((each) => projectView(call.cloud, each)),
  );
}

function userProjects(call: Call): Answer {
  allow(call.caller, 'identity:list_user_projects', call.param('id'));
  return ownProjects(call, call.param('id'));
}

function listUsers(call: Call): Answer {
  allow(call.caller, 'identity:list_users');
  return list(
    call,
    'users',
    byName(call, call.cloud.state.users.values()).map((each) => userView(call.cloud, each)),
  );
}

function listRoles(call: Call): Answer {
  allow(call.caller, 'identity:list_roles');
  const roles = byName(
    call,
    roleNames.map((name) => ({
      id: roleId(name),
      name,
      domain_id: null,
      options: {},
      links: self(call.cloud, `roles/${roleId(name)}`),
    })),
  );
  return list(call, 'roles', roles);
}

function listDomains(call: Call): Answer {
  allow(call.caller, 'identity:list_domains');
  return list(call, 'domains', byName(call, [{ ...domain, enabled: true, description: 'The default domain', options: {} }]));
}

/** Projects, users, grants and application credentials of Keystone. */
export const projectRoutes: readonly Route[] = [
  route('identity', 'GET', '/v3/projects', listProjects),
  route('identity', 'POST', '/v3/projects', createProject),
  route('identity', 'GET', '/v3/projects/:id', (call) => ({
    status: 200,
    body: { project: projectView(call.cloud, project(call)) },
  })),
  route('identity', 'PATCH', '/v3/projects/:id', changeProject),
  route('identity', 'DELETE', '/v3/projects/:id', removeProject),
  route('identity', 'PATCH', '/v3/users/:id', changeUser),
  route('identity', 'DELETE', '/v3/projects/:project/users/:user/roles/:role', revoke),
  route('identity', 'GET', '/v3/auth/projects', (call) => ownProjects(call, call.caller.userId)),
  route('identity', 'GET', '/v3/users', listUsers),
  route('identity', 'POST', '/v3/users', createUser),
  route('identity', 'GET', '/v3/users/:id', (call) => ({ status: 200, body: { user: userView(call.cloud, user(call)) } })),
  route('identity', 'GET', '/v3/users/:id/projects', userProjects),
  route('identity', 'GET', '/v3/users/:user/application_credentials', credentials),
  route('identity', 'POST', '/v3/users/:user/application_credentials', createCredential),
  route('identity', 'DELETE', '/v3/users/:user/application_credentials/:id', deleteCredential),
  route('identity', 'GET', '/v3/roles', listRoles),
  route('identity', 'GET', '/v3/role_assignments', assignments),
  route('identity', 'GET', '/v3/domains', listDomains),
  route('identity', 'PUT', '/v3/projects/:project/users/:user/roles/:role', grant),
];

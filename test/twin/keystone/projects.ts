import { z } from 'zod';
import { parse } from '../body.ts';
import type { Cloud } from '../cloud.ts';
import { newHexId } from '../identifier.ts';
import { conflict, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { allow, byName, list, self } from './answers.ts';
import { holdsIn } from './held.ts';
import type { Project, User } from './model.ts';
import { digestSecret, domain, roleId, roleNames } from './seed.ts';

function projectView(cloud: Cloud, project: Project): Record<string, unknown> {
  const links = self(cloud, `projects/${project.id}`);
  return {
    ...project,
    domain_id: domain.id,
    parent_id: domain.id,
    is_domain: false,
    tags: project.tags ?? [],
    options: {},
    links,
  };
}

function userView(cloud: Cloud, user: User): Record<string, unknown> {
  const { id, name, enabled } = user;
  return { id, name, enabled, domain_id: domain.id, password_expires_at: null, options: {}, links: self(cloud, `users/${id}`) };
}

function projectsOf(cloud: Cloud, userId: string): Project[] {
  return [...cloud.state.projects.values()].filter(({ id }) => holdsIn(cloud.state, userId, id).length > 0);
}

/** The project of the path, for whom may see it. */
export function project(call: Call): Project {
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

/** A project or user that is disabled: its tokens are refused until it is enabled again. */
const change = z.object({ enabled: z.boolean() });
const projectChange = z.object({ project: z.object({ enabled: z.boolean(), description: z.string() }).partial() });

function changeProject(call: Call): Answer {
  allow(call.caller, 'identity:update_project');
  const found = project(call);
  Object.assign(found, parse(projectChange, call.body).project);
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

/** Projects, users and roles of Keystone. */
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
  route('identity', 'GET', '/v3/auth/projects', (call) => ownProjects(call, call.caller.userId)),
  route('identity', 'GET', '/v3/users', listUsers),
  route('identity', 'POST', '/v3/users', createUser),
  route('identity', 'GET', '/v3/users/:id', (call) => ({ status: 200, body: { user: userView(call.cloud, user(call)) } })),
  route('identity', 'GET', '/v3/users/:id/projects', userProjects),
  route('identity', 'GET', '/v3/roles', listRoles),
  route('identity', 'GET', '/v3/domains', listDomains),
];

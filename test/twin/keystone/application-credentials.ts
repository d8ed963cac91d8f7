import { z } from 'zod';
import { parse } from '../body.ts';
import type { Cloud } from '../cloud.ts';
import { longStamp, newHexId } from '../identifier.ts';
import { conflict, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { allow, list, self } from './answers.ts';
import type { ApplicationCredential } from './model.ts';
import { digestSecret, roleId, roleNames } from './seed.ts';

const newCredential = z.object({
  application_credential: z.object({
    name: z.string().min(1),
    description: z.string().nullable().default(null),
    secret: z.string().optional(),
    expires_at: z.string().nullish(),
    access_rules: z.array(z.object({ service: z.string(), method: z.string(), path: z.string() })).default([]),
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
    accessRules: given.access_rules,
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

/** Application credentials: their user's own, which an admin may list and remove. */
export const applicationCredentialRoutes: readonly Route[] = [
  route('identity', 'GET', '/v3/users/:user/application_credentials', credentials),
  route('identity', 'POST', '/v3/users/:user/application_credentials', createCredential),
  route('identity', 'DELETE', '/v3/users/:user/application_credentials/:id', deleteCredential),
];

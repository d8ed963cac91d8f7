import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { parse } from '../body.ts';
import type { Cloud } from '../cloud.ts';
import { longStamp, newTokenId } from '../identifier.ts';
import { forbidden, notFound, Refusal } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { authenticate, rolesOf, unauthorized, validToken } from './authenticate.ts';
import { catalogueFor, inDomain } from './catalogue.ts';
import type { AccessRule, ApplicationCredential, Project, Token, User } from './model.ts';
import { domain, roleId, secretFits } from './seed.ts';

const domainRef = z.object({ id: z.string().optional(), name: z.string().optional() });
const userRef = z.object({ id: z.string().optional(), name: z.string().optional(), domain: domainRef.optional() });

/** The request of "Password / token / application credential authentication", Identity API v3. */
const authRequest = z.object({
  auth: z.object({
    identity: z.object({
      methods: z.array(z.enum(['password', 'token', 'application_credential'])).min(1),
      password: z.object({ user: userRef.extend({ password: z.string() }) }).optional(),
      token: z.object({ id: z.string() }).optional(),
      application_credential: z
        .object({ id: z.string().optional(), name: z.string().optional(), user: userRef.optional(), secret: z.string() })
        .optional(),
    }),
    scope: z
      .union([
        z.literal('unscoped'),
        z.object({ project: userRef.optional(), domain: domainRef.optional(), system: z.unknown().optional() }),
      ])
      .optional(),
  }),
});

type Identity = z.infer<typeof authRequest>['auth']['identity'];

/** Who has proven to be whom, and what that binds. */
interface Proof {
  readonly user: User;
  /** A token made from a token ends when that one ends. */
  readonly endsWith: string | null;
  readonly projectId: string | null;
  readonly limitedRoles: readonly string[] | null;
  readonly applicationCredentialId: string | null;
}

function issue(call: Call): Answer {
  const { cloud } = call;
  const { identity, scope } = parse(authRequest, call.body).auth;
  const proof = prove(cloud, identity);
  if (proof === undefined || !proof.user.enabled) throw unauthorized(cloud);
  if (proof.applicationCredentialId !== null && scope !== undefined) {
    throw new Refusal(401, 'Error authenticating with application credential: Application credentials cannot request a scope.');
  }
  let projectId = proof.projectId ?? '';
  if (scope !== undefined && scope !== 'unscoped') {
    const project = scope.project === undefined ? undefined : findProject(cloud, scope.project);
    if (project === undefined) throw unauthorized(cloud);
    projectId = project.id;
  }
  const now = new Date();
  const token: Token = {
    id: newTokenId(),
    userId: proof.user.id,
    projectId,
    methods: [...new Set([...identity.methods, ...(proof.endsWith === null ? [] : ['password'])])],
    auditIds: [randomBytes(16).toString('base64url')],
    issuedAt: longStamp(now),
    expiresAt: proof.endsWith ?? longStamp(new Date(now.getTime() + cloud.settings.tokenLifeSeconds * 1000)),
    limitedRoles: proof.limitedRoles,
    applicationCredentialId: proof.applicationCredentialId,
  };
  if (projectId !== '' && (rolesOf(cloud, token).length === 0 || cloud.state.projects.get(projectId)?.enabled !== true))
    throw unauthorized(cloud);
  forgetExpired(cloud);
  cloud.state.tokens.set(token.id, token);
  cloud.changed();
  return { status: 201, headers: { 'x-subject-token': token.id }, body: { token: view(call, token) } };
}

function prove(cloud: Cloud, identity: Identity): Proof | undefined {
  const plain = { endsWith: null, projectId: null, limitedRoles: null, applicationCredentialId: null };
  if (identity.application_credential !== undefined) return proveByCredential(cloud, identity.application_credential);
  if (identity.token !== undefined) {
    const token = validToken(cloud, identity.token.id);
    const user = token && cloud.state.users.get(token.userId);
    return user && { ...plain, user, endsWith: token.expiresAt };
  }
  if (identity.password === undefined) return undefined;
  const user = findUser(cloud, identity.password.user);
  return user !== undefined && secretFits(identity.password.user.password, user.secret) ? { ...plain, user } : undefined;
}

function proveByCredential(cloud: Cloud, given: NonNullable<Identity['application_credential']>): Proof | undefined {
  const owner = given.user === undefined ? undefined : findUser(cloud, given.user);
  const credential = [...cloud.state.credentials.values()].find((each) =>
    given.id === undefined ? each.name === given.name && each.userId === owner?.id : each.id === given.id,
  );
  const user = credential && cloud.state.users.get(credential.userId);
  if (credential === undefined || user === undefined || !secretFits(given.secret, credential.secret)) return undefined;
  if (credential.expiresAt !== null && Date.parse(credential.expiresAt) <= Date.now()) return undefined;
  return {
    user,
    endsWith: null,
    projectId: credential.projectId,
    limitedRoles: credential.roles,
    applicationCredentialId: credential.id,
  };
}

/** Names count only together with the domain they are in. */
const isInDomain = (ref: z.infer<typeof domainRef> | undefined): boolean => ref?.id === domain.id || ref?.name === domain.name;

function findUser(cloud: Cloud, ref: z.infer<typeof userRef>): User | undefined {
  if (ref.id !== undefined) return cloud.state.users.get(ref.id);
  return [...cloud.state.users.values()].find((user) => user.name === ref.name && isInDomain(ref.domain));
}

function findProject(cloud: Cloud, ref: z.infer<typeof userRef>): Project | undefined {
  if (ref.id !== undefined) return cloud.state.projects.get(ref.id);
  return [...cloud.state.projects.values()].find((project) => project.name === ref.name && isInDomain(ref.domain));
}

function forgetExpired(cloud: Cloud): void {
  for (const [id, token] of cloud.state.tokens) if (Date.parse(token.expiresAt) <= Date.now()) cloud.state.tokens.delete(id);
}

function view(call: Call, token: Token): Record<string, unknown> {
  const { cloud } = call;
  const user = cloud.state.users.get(token.userId);
  const project = cloud.state.projects.get(token.projectId);
  const credential = cloud.state.credentials.get(token.applicationCredentialId ?? '');
  const scoped = project && {
    project: inDomain(project),
    is_domain: false,
    roles: rolesOf(cloud, token).map((name) => ({ id: roleId(name), name })),
    ...(call.query.has('nocatalog') ? {} : { catalog: catalogueFor(cloud, project.id) }),
  };
  return {
    methods: token.methods,
    user: { ...inDomain({ id: token.userId, name: user?.name ?? '' }), password_expires_at: null },
    audit_ids: token.auditIds,
    expires_at: token.expiresAt,
    issued_at: token.issuedAt,
    ...scoped,
    ...(credential === undefined
      ? {}
      : { application_credential: { id: credential.id, name: credential.name, restricted: true, ...rulesOf(credential) } }),
  };
}

/** keystone/common/render_token.py: only a credential that has rules shows them. */
function rulesOf({ accessRules = [] }: ApplicationCredential): { readonly access_rules?: readonly AccessRule[] } {
  return accessRules.length === 0 ? {} : { access_rules: accessRules };
}

/** The token that X-Subject-Token names; 404 when it is not valid any more. */
function subject(call: Call): Token {
  const header = call.headers['x-subject-token'];
  const token = validToken(call.cloud, typeof header === 'string' ? header : '');
  if (token === undefined) throw notFound('Could not recognize Fernet token');
  if (!call.caller.admin && token.userId !== call.caller.userId) {
    throw forbidden('You are not authorized to perform the requested action: identity:validate_token.', 'Forbidden');
  }
  return token;
}

function validate(call: Call): Answer {
  const token = subject(call);
  return { status: 200, headers: { 'x-subject-token': token.id }, body: { token: view(call, token) } };
}

function revoke(call: Call): Answer {
  call.cloud.state.tokens.delete(subject(call).id);
  call.cloud.changed();
  return { status: 204 };
}

function ownCatalogue(call: Call): Answer {
  const caller = authenticate(call.cloud, call.headers);
  if (caller.projectId === '') throw forbidden('A project-scoped token is required to produce a service catalog.', 'Forbidden');
  return {
    status: 200,
    body: {
      catalog: catalogueFor(call.cloud, caller.projectId),
      links: { self: `${call.cloud.url('identity')}/v3/auth/catalog` },
    },
  };
}

/** The tokens of Keystone. */
export const tokenRoutes: readonly Route[] = [
  route('identity', 'POST', '/v3/auth/tokens', issue, { open: true }),
  route('identity', 'GET', '/v3/auth/tokens', validate),
  route('identity', 'DELETE', '/v3/auth/tokens', revoke),
  route('identity', 'GET', '/v3/auth/catalog', ownCatalogue),
];

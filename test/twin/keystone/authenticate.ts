import type { IncomingHttpHeaders } from 'node:http';
import type { Cloud } from '../cloud.ts';
import type { Caller } from '../policy.ts';
import { Refusal } from '../refusal.ts';
import { holdsIn, impliedBy } from './held.ts';
import type { Token } from './model.ts';

/** The refusal of everything that comes without a valid token. */
export function unauthorized(cloud: Cloud): Refusal {
  const headers = { 'www-authenticate': `Keystone uri="${cloud.url('identity')}"` };
  return new Refusal(401, 'The request you have made requires authentication.', 'Unauthorized', headers);
}

/** The token of this id if it is valid now. */
export function validToken(cloud: Cloud, id: string): Token | undefined {
  const token = cloud.state.tokens.get(id);
  if (token === undefined || Date.parse(token.expiresAt) <= Date.now()) return undefined;
  if (cloud.state.users.get(token.userId)?.enabled !== true) return undefined;
  if (token.projectId !== '' && cloud.state.projects.get(token.projectId)?.enabled !== true) return undefined;
  // A fernet token carries no roles: they are read when it is validated, and one without is none.
  if (token.projectId !== '' && rolesOf(cloud, token).length === 0) return undefined;
  return token;
}

/**
 * The caller of a request, by its X-Auth-Token; throws a 401 when the token is absent, unknown or
 * expired.
 */
export function authenticate(cloud: Cloud, headers: IncomingHttpHeaders): Caller {
  const header = headers['x-auth-token'];
  const token = validToken(cloud, typeof header === 'string' ? header : '');
  if (token === undefined) throw unauthorized(cloud);
  return callerOf(cloud, token);
}

/** The types by which access rules name services. */
const types: Readonly<Record<string, string>> = { volume: 'volumev3' };

/**
 * Refuses a call that no access rule of the caller's application credential names: from Train on
 * keystonemiddleware takes its token for none (auth_token/__init__.py).
 */
export function mustBeNamed(cloud: Cloud, caller: Caller, service: string, method: string, path: string): void {
  const credential = cloud.state.tokens.get(caller.token)?.applicationCredentialId ?? '';
  const rules = cloud.state.credentials.get(credential)?.accessRules ?? [];
  if (rules.length === 0) return;
  const isNamed = rules.some((rule) => {
    const pattern = rule.path.split('**').map((part) => part.replaceAll('*', '[^/]+'));
    return (
      rule.service === (types[service] ?? service) && rule.method === method && new RegExp(`^${pattern.join('.*')}$`).test(path)
    );
  });
  if (!isNamed) throw unauthorized(cloud);
}

/** Who a token stands for. */
function callerOf(cloud: Cloud, token: Token): Caller {
  const roles = rolesOf(cloud, token);
  return {
    token: token.id,
    userId: token.userId,
    userName: cloud.state.users.get(token.userId)?.name ?? '',
    projectId: token.projectId,
    projectName: cloud.state.projects.get(token.projectId)?.name ?? '',
    roles,
    // oslo_policy/_checks.py, RoleCheck.
    admin: roles.some((role) => role.toLowerCase() === 'admin'),
  };
}

/** The roles a token carries. Zed's admin implies member, member implies reader. */
export function rolesOf(cloud: Cloud, token: Pick<Token, 'userId' | 'projectId' | 'limitedRoles'>): string[] {
  if (token.limitedRoles !== null) return [...token.limitedRoles];
  const held = holdsIn(cloud.state, token.userId, token.projectId).map(({ role }) => role);
  return [...new Set(held.flatMap((role) => [...impliedBy(role), role]))];
}

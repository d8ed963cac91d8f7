import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../../problem.ts';
import { Secret } from '../../../secret.ts';
import type { Access, KeystoneIdentity, Named } from './access.ts';
import { notJson, parsed, readText } from './answer.ts';
import { messageOf, redirected } from './refusal.ts';
import { patienceFor } from './retry.ts';
import { cancelled, failureOf, type Incoming, type Outgoing, type Transport } from './transport.ts';

/** One entry of the catalogue. */
interface CatalogueEntry {
  readonly type: string;
  readonly endpoints: readonly {
    readonly interface: string;
    readonly region_id?: string;
    readonly region?: string;
    readonly url: string;
  }[];
}

/** A token, with Keystone's answer about it. */
export interface Token {
  readonly secret: Secret;
  /** When, by this machine's clock, a new one is requested. */
  readonly renewAtMs: number;
  readonly catalogue: readonly CatalogueEntry[];
  readonly roles: readonly string[];
  readonly userId: string;
  readonly userName: string;
  readonly projectId: string;
  readonly projectName: string;
  /**
   * Whether it is of an application credential with access rules: then a service answers 401 to
   * every call that no rule names (Identity API v3, "Application Credentials").
   */
  readonly hasAccessRules: boolean;
}

/**
 * Whether a token has the role of an admin. Policies compare names of roles without case
 * (oslo_policy/_checks.py, RoleCheck).
 */
export function isAdmin({ roles }: Pick<Token, 'roles'>): boolean {
  return roles.some((role) => role.toLowerCase() === 'admin');
}

interface TokenBody {
  readonly token: {
    readonly expires_at: string;
    readonly issued_at: string;
    readonly catalog?: readonly CatalogueEntry[];
    readonly roles?: readonly { readonly name: string }[];
    readonly user: { readonly id: string; readonly name: string };
    readonly project?: { readonly id: string; readonly name: string };
    readonly application_credential?: { readonly access_rules?: readonly unknown[] };
  };
}

/**
 * Asks Keystone for a token (Identity API v3, POST /v3/auth/tokens). Throws E_AUTH and what the
 * transport throws.
 */
export async function issueToken(
  access: Access,
  transport: Transport,
  signal: AbortSignal,
  redacted: (text: string) => string,
): Promise<Token> {
  const url = `${access.authUrl}/auth/tokens`;
  const body = JSON.stringify({ auth: { identity: identityOf(access.identity), ...scopeOf(access) } });
  const headers = { 'user-agent': 'godwit', accept: 'application/json', 'content-type': 'application/json' };
  const outgoing = { method: 'POST', url, headers, body, signal };
  const { value, token } = await askedFor(access, transport, outgoing, redacted);
  if (token.project === undefined)
    throw new Problem('E_AUTH', `The token of ${access.origin} belongs to no project; name one with project_name.`);
  // The cloud's clock may differ from ours: only the token's lifetime is taken from it.
  const lifeMs = Date.parse(token.expires_at) - Date.parse(token.issued_at);
  return {
    secret: new Secret(value),
    renewAtMs: performance.now() + lifeMs - Math.min(120_000, lifeMs / 5),
    catalogue: token.catalog ?? [],
    roles: (token.roles ?? []).map((role) => role.name),
    userId: token.user.id,
    userName: token.user.name,
    projectId: token.project.id,
    projectName: token.project.name,
    hasAccessRules: (token.application_credential?.access_rules ?? []).length > 0,
  };
}

interface Issued {
  readonly value: string;
  readonly token: TokenBody['token'];
}

/** A second token does no harm, so the request is repeated like a GET. */
async function askedFor(
  access: Access,
  transport: Transport,
  outgoing: Outgoing,
  redacted: (text: string) => string,
): Promise<Issued> {
  const patience = patienceFor({ method: 'GET' });
  for (;;) {
    const outcome = await once(access, transport, outgoing, redacted);
    if ('value' in outcome) return outcome;
    const delayMs = patience.next(outcome.failure);
    if (delayMs === null) throw outcome.problem;
    await sleep(delayMs, undefined, { signal: outgoing.signal }).catch(() => {
      throw cancelled(outgoing.signal);
    });
  }
}

/** One request and what came of it: a token, or why there is none. */
async function once(
  access: Access,
  transport: Transport,
  outgoing: Outgoing,
  redacted: (text: string) => string,
): Promise<Issued | { readonly failure: Pick<Incoming, 'status' | 'headers'> | Problem; readonly problem: Problem }> {
  try {
    const answer = await transport.send(outgoing);
    const { status, headers } = answer;
    const text = await readText(answer, 'POST /auth/tokens', (error) => failureOf(error, outgoing, access));
    if (status >= 300) {
      const refused = { method: 'POST', url: outgoing.url, service: 'identity', status, headers, text };
      const problem = status < 400 ? redirected(refused, redacted) : refusal(access, status, redacted(messageOf(text)));
      return { failure: answer, problem };
    }
    const value = headers['x-subject-token'];
    const { token } = (parsed(text) ?? {}) as Partial<TokenBody>;
    if (value === undefined || token?.user === undefined)
      throw notJson('POST /auth/tokens', status, headers['content-type'], redacted(messageOf(text)));
    return { value, token };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { failure: error, problem: error };
  }
}

function refusal(access: Access, status: number, says: string): Problem {
  const sentence = `Keystone at ${access.authUrl} answered ${status}: ${says || 'no message'} (credentials from ${access.origin})`;
  if (status === 401 || status === 403) {
    const hint =
      access.identity.method === 'token'
        ? 'A given token cannot be renewed; use a password or an application credential.'
        : undefined;
    return new Problem('E_AUTH', sentence, { hint });
  }
  return new Problem(status >= 500 || status === 429 ? 'E_CLOUD' : 'E_CLOUD_REFUSED', sentence);
}

function identityOf(identity: KeystoneIdentity): object {
  switch (identity.method) {
    case 'password':
      return { methods: ['password'], password: { user: { ...named(identity.user), password: identity.password.reveal() } } };
    case 'token':
      return { methods: ['token'], token: { id: identity.token.reveal() } };
    case 'application_credential': {
      const who = 'id' in identity ? { id: identity.id } : { name: identity.name, user: named(identity.user) };
      return { methods: ['application_credential'], application_credential: { ...who, secret: identity.secret.reveal() } };
    }
  }
}

function scopeOf(access: Access): object {
  return access.project === null ? {} : { scope: { project: named(access.project) } };
}

const named = (value: Named): object => ('id' in value ? { id: value.id } : { name: value.name, domain: value.domain });

import { Problem } from '../../../problem.ts';
import { Secret } from '../../../secret.ts';
import type { Domain, KeystoneIdentity, Named } from '../session/access.ts';

type AuthKeys = Readonly<Record<string, string>>;

const user = ['user_id', 'username', 'user_domain_id', 'user_domain_name'];
const project = ['project_id', 'project_name', 'project_domain_id', 'project_domain_name'];
const generic = ['default_domain_id', 'default_domain_name'];
const credential = ['application_credential_id', 'application_credential_name', 'application_credential_secret'];

/** The plugins of keystoneauth that are understood, and what each takes beside auth_url. */
const plugins: Readonly<Record<string, { readonly method: KeystoneIdentity['method']; readonly takes: readonly string[] }>> = {
  password: { method: 'password', takes: [...user, ...project, ...generic, 'password'] },
  v3password: { method: 'password', takes: [...user, ...project, 'password'] },
  token: { method: 'token', takes: [...project, ...generic, 'token'] },
  v3token: { method: 'token', takes: [...project, 'token'] },
  v3applicationcredential: { method: 'application_credential', takes: [...user, ...credential] },
};

/** What names a domain where nothing in `auth` does, and what a failure begins with. */
interface Reading {
  readonly defaultDomain: string;
  readonly origin: string;
}

/**
 * How we prove who we are, and in which project, by the plugin that `auth_type` names. Throws
 * E_CONFIG with the key.
 */
export function identityOf(
  auth: AuthKeys,
  type: string | undefined,
  reading: Reading,
): { readonly identity: KeystoneIdentity; readonly project: Named | null } {
  const { origin } = reading;
  const name = type ?? impliedType(auth);
  const plugin = plugins[name];
  if (plugin === undefined)
    throw new Problem('E_CONFIG', `${origin}: auth_type ${name} is not supported; use ${Object.keys(plugins).join(', ')}.`);
  if (plugin.method !== 'application_credential') mustNotBeOfDomain(auth, origin);
  const other = Object.keys(auth).find((key) => key !== 'auth_url' && !plugin.takes.includes(key));
  if (other !== undefined) throw new Problem('E_CONFIG', `${origin}: auth.${other} does not belong to auth_type ${name}.`);
  // keystoneauth's plugins of version 3 know no default domain (keystoneauth1/loading/identity.py).
  if (name.startsWith('v3')) mustNameDomains(auth, origin);
  switch (plugin.method) {
    case 'password': {
      const identity = { method: 'password', user: userOf(auth, reading), password: secretOf(auth, 'password', origin) } as const;
      const project = projectOf(auth, reading);
      if (project === null) throw missing('project_name (or project_id)', origin);
      return { identity, project };
    }
    case 'token':
      return { identity: { method: 'token', token: secretOf(auth, 'token', origin) }, project: projectOf(auth, reading) };
    case 'application_credential':
      return { identity: credentialOf(auth, reading), project: null };
  }
}

/** Password is the default; where only one thing can be meant, that is it. */
function impliedType(auth: AuthKeys): string {
  if (auth['username'] ?? auth['user_id'] ?? auth['password']) return 'password';
  if (auth['application_credential_id'] ?? auth['application_credential_name']) return 'v3applicationcredential';
  return auth['token'] === undefined ? 'password' : 'token';
}

/** A domain without a project is itself what the token would be for (Identity API v3, scopes). */
function mustNotBeOfDomain(auth: AuthKeys, origin: string): void {
  const key = ['domain_id', 'domain_name'].find((one) => auth[one] !== undefined);
  if (key === undefined) return;
  throw new Problem('E_CONFIG', `${origin}: auth.${key} asks for a token of a domain; only projects are moved.`, {
    hint: 'Name a project with `project_name` or `project_id`.',
  });
}

function mustNameDomains(auth: AuthKeys, origin: string): void {
  for (const [name, domain] of [
    ['username', 'user_domain'],
    ['project_name', 'project_domain'],
  ] as const)
    if (auth[name] !== undefined && auth[`${domain}_id`] === undefined) needed(auth, `${domain}_name`, origin);
}

function needed(auth: AuthKeys, key: string, origin: string): string {
  const value = auth[key];
  if (value === undefined) throw missing(key, origin);
  return value;
}

function missing(key: string, origin: string): Problem {
  return new Problem('E_CONFIG', `${origin}: auth.${key} is missing.`);
}

function secretOf(auth: AuthKeys, key: string, origin: string): Secret {
  return new Secret(needed(auth, key, origin));
}

function userOf(auth: AuthKeys, reading: Reading): Named {
  const id = auth['user_id'];
  return id === undefined
    ? { name: needed(auth, 'username', reading.origin), domain: domainOf(auth, 'user_domain', reading) }
    : { id };
}

function credentialOf(auth: AuthKeys, reading: Reading): KeystoneIdentity {
  const secret = secretOf(auth, 'application_credential_secret', reading.origin);
  const id = auth['application_credential_id'];
  if (id !== undefined) return { method: 'application_credential', id, secret };
  const name = needed(auth, 'application_credential_name', reading.origin);
  return { method: 'application_credential', name, user: userOf(auth, reading), secret };
}

function projectOf(auth: AuthKeys, reading: Reading): Named | null {
  const id = auth['project_id'];
  if (id !== undefined) return { id };
  const name = auth['project_name'];
  return name === undefined ? null : { name, domain: domainOf(auth, 'project_domain', reading) };
}

/** An id counts before a name (keystoneauth1/identity/v3). */
function domainOf(auth: AuthKeys, prefix: string, { defaultDomain }: Reading): Domain {
  const id = auth[`${prefix}_id`] ?? auth['default_domain_id'];
  if (id !== undefined) return { id };
  const name = auth[`${prefix}_name`] ?? auth['default_domain_name'];
  return name === undefined ? { id: defaultDomain } : { name };
}

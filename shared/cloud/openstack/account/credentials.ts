import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { Problem } from '../../../problem.ts';
import { Secret } from '../../../secret.ts';
import type { Access, Domain, KeystoneIdentity, Named } from '../session/access.ts';
import { type Environment, isSection, merge, readCloudsFile, type YamlMapping } from './clouds-file.ts';
import type { OpenStackSettings } from './config.ts';

/**
 * Decides how a cloud is reached. Precedence: the settings; their cloud in clouds.yaml; the cloud
 * in OS_CLOUD; the OS_* variables; the only cloud of clouds.yaml. As in openstacksdk, a named cloud
 * does not mix with OS_* variables. Throws E_CONFIG.
 */
export async function resolveAccess(settings: OpenStackSettings, environment: Environment): Promise<Access> {
  const { section, origin } = await chosen(settings, environment);
  const own = {
    auth: settings.auth,
    auth_type: settings.auth_type,
    region_name: settings.region_name,
    interface: settings.interface,
    cacert: settings.cacert,
    verify: settings.verify,
  };
  const merged = merge(section, await withSecrets(dropUndefined(own), environment)) as YamlMapping;
  return accessOf(merged, origin, settings);
}

async function chosen(settings: OpenStackSettings, environment: Environment): Promise<{ section: YamlMapping; origin: string }> {
  if (settings.auth !== undefined && settings.cloud === undefined) return { section: {}, origin: 'the settings' };
  const name = settings.cloud ?? environment['OS_CLOUD'];
  const variables = environmentSection(environment);
  if (name === undefined && variables !== null) return { section: variables, origin: 'the OS_* environment' };
  const file = await readCloudsFile(environment, settings.clouds_file);
  if (file === null) throw new Problem('E_CONFIG', noCloud(name), { hint: 'Set `cloud` and put clouds.yaml in /etc/openstack.' });
  const names = Object.keys(file.clouds);
  const only = name ?? (names.length === 1 ? names[0] : undefined);
  const section = only === undefined ? undefined : file.clouds[only];
  if (only !== undefined && section !== undefined) return { section, origin: `cloud ${only} of ${file.path}` };
  const says = only === undefined ? 'No cloud is chosen' : `There is no cloud ${only}`;
  throw new Problem('E_CONFIG', `${says} in ${file.path}; it lists ${names.join(', ') || 'none'}.`, { about: file.path });
}

function noCloud(name: string | undefined): string {
  return name === undefined
    ? 'No cloud is named: neither `cloud` nor `auth` is set, and neither OS_CLOUD nor OS_AUTH_URL.'
    : `The cloud ${name} is named, but there is no clouds.yaml.`;
}

/** The OS_* variables as a cloud of clouds.yaml; null when there are none that authenticate. */
function environmentSection(environment: Environment): YamlMapping | null {
  const auth: Record<string, string> = {};
  const rest: Record<string, string> = {};
  for (const [key, value] of Object.entries(environment)) {
    if (!key.startsWith('OS_') || value === undefined || value === '') continue;
    const name = key.slice(3).toLowerCase();
    (authKeys.has(name) ? auth : rest)[name] = value;
  }
  return auth['auth_url'] === undefined ? null : { ...rest, auth };
}

const authKeys = new Set(
  `auth_url username user_id password user_domain_name user_domain_id project_name project_id project_domain_name project_domain_id
   tenant_name tenant_id default_domain default_domain_id default_domain_name token
   application_credential_id application_credential_name application_credential_secret`.split(/\s+/),
);

function dropUndefined(section: YamlMapping): YamlMapping {
  return Object.fromEntries(
    Object.entries(section).flatMap(([key, value]) => {
      if (value === undefined) return [];
      return [[key, isSection(value) ? dropUndefined(value) : value]];
    }),
  );
}

/** Resolves `file:` and `env:` in the settings' own secrets. */
async function withSecrets(section: YamlMapping, environment: Environment): Promise<YamlMapping> {
  if (!isSection(section['auth'])) return section;
  const auth: Record<string, unknown> = { ...section['auth'] };
  for (const key of ['password', 'token', 'application_credential_secret']) {
    const value = auth[key];
    if (typeof value === 'string') auth[key] = await followed(value, key, environment);
  }
  return { ...section, auth };
}

async function followed(value: string, key: string, environment: Environment): Promise<string> {
  if (value.startsWith('env:')) {
    const found = environment[value.slice(4)];
    if (found === undefined) throw new Problem('E_CONFIG', `auth.${key}: the variable ${value.slice(4)} is not set.`);
    return found;
  }
  if (!value.startsWith('file:')) return value;
  return (await read(value.slice(5), `auth.${key}`)).replace(/\r?\n$/, '');
}

async function read(path: string, setting: string): Promise<string> {
  try {
    return await readFile(path.replace(/^~(?=\/)/, homedir()), 'utf8');
  } catch (cause) {
    throw new Problem('E_CONFIG', `${setting}: ${path} cannot be read: ${(cause as Error).message}.`, { about: path, cause });
  }
}

async function accessOf(section: YamlMapping, origin: string, settings: OpenStackSettings): Promise<Access> {
  const auth = isSection(section['auth']) ? section['auth'] : {};
  const text = (key: string, of: YamlMapping = auth): string | undefined => {
    const value = of[key];
    if (value === '' || !['string', 'number', 'boolean'].includes(typeof value)) return undefined;
    return String(value as string | number | boolean);
  };
  const authUrl = text('auth_url');
  if (authUrl === undefined || !URL.canParse(authUrl)) throw new Problem('E_CONFIG', `${origin}: auth.auth_url is not a URL.`);
  const version = text('identity_api_version', section);
  if (version !== undefined && !/^3(\.|$)/.test(version))
    throw new Problem('E_CONFIG', `${origin}: identity_api_version is ${version}; only version 3 is spoken.`);
  const identity = identityOf(text, text('auth_type', section), origin);
  const cacert = text('cacert', section);
  const cert = text('cert', section);
  const key = text('key', section);
  return {
    origin,
    authUrl: `${authUrl.replace(/\/+$/, '').replace(/\/v[\d.]+$/, '')}/v3`,
    identity,
    project: identity.method === 'application_credential' ? null : projectOf(text, identity, origin),
    region: text('region_name', section) ?? null,
    interface: interfaceOf(text('interface', section) ?? text('endpoint_type', section), origin),
    ca: cacert === undefined ? null : await read(cacert, 'cacert'),
    clientCertificate:
      cert === undefined ? null : { cert: await read(cert, 'cert'), key: new Secret(await read(key ?? cert, 'key')) },
    verify:
      !['false', 'no', 'off', '0'].includes((text('verify', section) ?? 'true').toLowerCase()) &&
      !truth(text('insecure', section)),
    endpoints: overridesOf(section),
    timeouts: {
      connectMs: settings.connect_timeout_seconds * 1000,
      headersMs: settings.answer_timeout_seconds * 1000,
      bodyIdleMs: settings.idle_timeout_seconds * 1000,
    },
  };
}

const truth = (value: string | undefined): boolean => ['true', 'yes', 'on', '1'].includes((value ?? '').toLowerCase());

type SettingReader = (key: string) => string | undefined;

function identityOf(text: SettingReader, type: string | undefined, origin: string): KeystoneIdentity {
  const credentialId = text('application_credential_id');
  const credentialName = text('application_credential_name');
  const kind = type?.replace(/^v3/, '').replaceAll('_', '');
  if (kind === 'applicationcredential' || (kind === undefined && (credentialId ?? credentialName) !== undefined)) {
    const secret = new Secret(needed(text, 'application_credential_secret', origin));
    if (credentialId !== undefined) return { method: 'application_credential', id: credentialId, secret };
    const name = needed(text, 'application_credential_name', origin);
    return { method: 'application_credential', name, user: userOf(text, origin), secret };
  }
  const token = text('token');
  if (kind === 'token' || (kind === undefined && token !== undefined && text('password') === undefined))
    return { method: 'token', token: new Secret(needed(text, 'token', origin)) };
  if (kind !== undefined && kind !== 'password')
    throw new Problem(
      'E_CONFIG',
      `${origin}: auth_type ${type} is not supported; use password, token or v3applicationcredential.`,
    );
  return { method: 'password', user: userOf(text, origin), password: new Secret(needed(text, 'password', origin)) };
}

function needed(text: SettingReader, key: string, origin: string): string {
  const value = text(key);
  if (value === undefined) throw new Problem('E_CONFIG', `${origin}: auth.${key} is missing.`);
  return value;
}

function userOf(text: SettingReader, origin: string): Named {
  const id = text('user_id');
  return id === undefined ? { name: needed(text, 'username', origin), domain: domainOf(text, 'user_domain') } : { id };
}

function projectOf(text: SettingReader, identity: KeystoneIdentity, origin: string): Named | null {
  const id = text('project_id') ?? text('tenant_id');
  if (id !== undefined) return { id };
  const name = text('project_name') ?? text('tenant_name');
  if (name !== undefined) return { name, domain: domainOf(text, 'project_domain') };
  if (identity.method === 'token') return null;
  throw new Problem('E_CONFIG', `${origin}: auth.project_name (or project_id) is missing.`);
}

function domainOf(text: SettingReader, prefix: string): Domain {
  const id = text(`${prefix}_id`);
  if (id !== undefined) return { id };
  const name = text(`${prefix}_name`) ?? text('default_domain_name');
  return name === undefined ? { id: text('default_domain_id') ?? text('default_domain') ?? 'default' } : { name };
}

function interfaceOf(value: string | undefined, origin: string): Access['interface'] {
  const plain = (value ?? 'public').replace(/URL$/, '');
  if (plain === 'public' || plain === 'internal' || plain === 'admin') return plain;
  throw new Problem('E_CONFIG', `${origin}: interface ${value} is none of public, internal, admin.`);
}

function overridesOf(section: YamlMapping): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(section).flatMap(([key, value]) => {
      const service = /^(\w+)_endpoint_override$/.exec(key)?.[1];
      return service === undefined || typeof value !== 'string' ? [] : [[service, value]];
    }),
  );
}

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { Problem } from '../../../problem.ts';
import { Secret } from '../../../secret.ts';
import type { Access } from '../session/access.ts';
import { cataloguedServices } from '../session/catalogue.ts';
import { type CloudEntry, readEntry, textOf } from './cloud-entry.ts';
import { type Environment, readCloudsFile, type WrittenCloud } from './clouds-file.ts';
import { isSection, type YamlMapping } from './clouds-yaml.ts';
import type { OpenStackSettings } from './config.ts';
import { identityOf } from './identity.ts';

/**
 * Decides how a cloud is reached. Precedence: the settings; their cloud in clouds.yaml; the cloud
 * in OS_CLOUD; the OS_* variables; the only cloud of clouds.yaml. As in openstacksdk, a named cloud
 * does not mix with OS_* variables. Throws E_CONFIG.
 */
export async function resolveAccess(settings: OpenStackSettings, environment: Environment): Promise<Access> {
  const written = await chosen(settings, environment);
  const entry = withSettings(readEntry(written), settings, await ownAuth(settings, environment));
  const access = await accessOf(entry, written.origin, settings);
  mustAgree(access, settings, environment, written.origin);
  return access;
}

async function chosen(settings: OpenStackSettings, environment: Environment): Promise<WrittenCloud> {
  const region = settings.region_name;
  if (settings.auth !== undefined && settings.cloud === undefined)
    return { section: {}, profiles: {}, origin: 'the settings', region };
  const name = settings.cloud ?? (environment['OS_CLOUD'] || undefined);
  const variables = environmentSection(environment);
  if (name === undefined && variables !== null)
    return { section: variables, profiles: {}, origin: 'the OS_* environment', region };
  const file = await readCloudsFile(environment, settings.clouds_file);
  if (file === null) throw new Problem('E_CONFIG', noCloud(name), { hint: 'Set `cloud` and put clouds.yaml in /etc/openstack.' });
  const { path, clouds, profiles } = file;
  const names = Object.keys(clouds);
  const only = name ?? (names.length === 1 ? names[0] : undefined);
  if (only === undefined || !Object.hasOwn(clouds, only)) {
    const says = only === undefined ? 'No cloud is chosen' : `There is no cloud ${only}`;
    throw new Problem('E_CONFIG', `${says} in ${path}; it lists ${names.join(', ') || 'none'}.`, { about: path });
  }
  const origin = `cloud ${only} of ${path}`;
  const section = clouds[only];
  if (!isSection(section)) throw new Problem('E_CONFIG', `${origin}: it must be a mapping.`, { about: path });
  return { section, profiles, origin, region };
}

function noCloud(name: string | undefined): string {
  return name === undefined
    ? 'No cloud is named: neither `cloud` nor `auth` is set, and neither OS_CLOUD nor OS_AUTH_URL.'
    : `The cloud ${name} is named, but there is no clouds.yaml.`;
}

/** Variables that only choose, and prefixes of other programs (openstacksdk, `_get_os_environ`). */
const selectors = new Set(['OS_CLOUD', 'OS_REGION_NAME', 'OS_CLIENT_CONFIG_FILE', 'OS_CLIENT_SECURE_FILE', 'OS_CLOUD_NAME']);
const foreign = /^OS_(TEST|STD|LOG)/;

/** The OS_* variables as a cloud of clouds.yaml; null where they only choose one. */
function environmentSection(environment: Environment): YamlMapping | null {
  const names = Object.keys(environment).filter(
    (name) => name.startsWith('OS_') && !foreign.test(name) && environment[name] !== undefined,
  );
  if (names.every((name) => selectors.has(name))) return null;
  return Object.fromEntries(
    names.map((name) => [name.slice(3).toLowerCase(), environment[name]]).filter(([name]) => name !== 'cloud'),
  );
}

/**
 * The region of a cloud that OS_CLOUD names is the file's, as for openstacksdk, though the
 * `openstack` command takes OS_REGION_NAME: where the two differ, nobody knows what is meant.
 */
function mustAgree({ region }: Access, settings: OpenStackSettings, environment: Environment, origin: string): void {
  const wanted = environment['OS_REGION_NAME'];
  if (settings.cloud !== undefined || settings.region_name !== undefined || settings.auth !== undefined) return;
  if (!wanted || region === null || wanted === region) return;
  throw new Problem('E_CONFIG', `${origin}: its region is ${region}, but OS_REGION_NAME is ${wanted}.`, {
    hint: 'Set `region_name` beside `cloud`.',
  });
}

/** Keys of which one makes the other meaningless: the settings' own takes the place of both. */
const alternatives = ['user_domain', 'project_domain', 'project', 'default_domain', 'application_credential'];

/** Lays the settings over a cloud. */
function withSettings(
  { auth, rest }: CloudEntry,
  settings: OpenStackSettings,
  own: Readonly<Record<string, string>>,
): CloudEntry {
  const merged: Record<string, string> = { ...auth };
  for (const stem of alternatives)
    if (own[`${stem}_id`] !== undefined || own[`${stem}_name`] !== undefined) {
      delete merged[`${stem}_id`];
      delete merged[`${stem}_name`];
    }
  if (own['username'] !== undefined) delete merged['user_id'];
  if (own['user_id'] !== undefined) delete merged['username'];
  const { auth_type, region_name, interface: kind, cacert, verify } = settings;
  const given = dropUndefined({ auth_type, region_name, interface: kind, endpoint_type: kind, cacert, verify });
  return { auth: { ...merged, ...own }, rest: { ...rest, ...given } };
}

function dropUndefined<T>(section: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(Object.entries(section).filter((entry): entry is [string, T] => entry[1] !== undefined));
}

/** The settings' own `auth`, with `file:` and `env:` resolved in its secrets. */
async function ownAuth({ auth }: OpenStackSettings, environment: Environment): Promise<Record<string, string>> {
  const own: Record<string, string> = dropUndefined<string>(auth ?? {});
  for (const key of ['password', 'token', 'application_credential_secret']) {
    const value = own[key];
    if (value !== undefined) own[key] = await followed(value, key, environment);
  }
  return own;
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

async function accessOf({ auth, rest }: CloudEntry, origin: string, settings: OpenStackSettings): Promise<Access> {
  const text = (key: string): string | undefined => {
    const value = textOf(rest[key] ?? undefined, key, origin);
    // openstacksdk puts other keys of the cloud in their place, or fails.
    if (value !== undefined && /[{}]/.test(value)) throw new Problem('E_CONFIG', `${origin}: ${key} must have no braces.`);
    return value;
  };
  const authUrl = auth['auth_url'];
  if (authUrl === undefined || !URL.canParse(authUrl)) throw new Problem('E_CONFIG', `${origin}: auth.auth_url is not a URL.`);
  const version = text('identity_api_version') ?? (/\/v2[.\d]*\/*$/.test(authUrl) ? '2' : '3');
  if (!/^3(\.|$)/.test(version))
    throw new Problem('E_CONFIG', `${origin}: identity_api_version is ${version}; only version 3 is spoken.`);
  const { identity, project } = identityOf(auth, text('auth_type'), {
    defaultDomain: text('default_domain') ?? 'default',
    origin,
  });
  refusePerService(rest, origin);
  const cacert = text('cacert');
  const cert = text('cert');
  const key = text('key');
  const isInsecure = truth(rest['insecure'], false, 'insecure', origin);
  return {
    origin,
    authUrl: `${authUrl.replace(/\/+$/, '').replace(/\/v[\d.]+$/, '')}/v3`,
    identity,
    project,
    region: text('region_name') ?? null,
    interface: interfaceOf(text('endpoint_type') ?? text('interface'), origin),
    ca: cacert === undefined ? null : await read(cacert, 'cacert'),
    clientCertificate:
      cert === undefined ? null : { cert: await read(cert, 'cert'), key: new Secret(await read(key ?? cert, 'key')) },
    verify: truth(rest['verify'], true, 'verify', origin) && !isInsecure,
    endpoints: overridesOf(rest, origin),
    timeouts: {
      connectMs: settings.connect_timeout_seconds * 1000,
      headersMs: settings.answer_timeout_seconds * 1000,
      bodyIdleMs: settings.idle_timeout_seconds * 1000,
    },
  };
}

/** Texts that openstacksdk reads as yes or no where a text is all there is; it knows no others. */
const words: Readonly<Record<string, boolean>> = { true: true, false: false };

/** A yes or no. A text stands for one only in `insecure`, as in openstacksdk. */
function truth(value: unknown, otherwise: boolean, key: string, origin: string): boolean {
  if (typeof value === 'boolean') return value;
  if (value === undefined || value === '' || (key === 'insecure' && value === null)) return otherwise;
  const word = key === 'insecure' && typeof value === 'string' ? words[value.toLowerCase()] : undefined;
  if (word === undefined) throw new Problem('E_CONFIG', `${origin}: ${key} must be true or false, without quotes.`);
  return word;
}

function interfaceOf(value: string | undefined, origin: string): Access['interface'] {
  const plain = (value ?? 'public').replace(/URL$/, '');
  if (plain === 'public' || plain === 'internal' || plain === 'admin') return plain;
  throw new Problem('E_CONFIG', `${origin}: interface ${value} is none of public, internal, admin.`);
}

/** One service in another region or interface than the rest would be another cloud's. */
function refusePerService(rest: YamlMapping, origin: string): void {
  const keys = cataloguedServices.flatMap((service) => [
    ...['region_name', 'interface', 'endpoint_type', 'service_type', 'service_name'].map((key) => `${service}_${key}`),
  ]);
  const found = keys.find((key) => rest[key] !== undefined && rest[key] !== null);
  if (found === undefined) return;
  throw new Problem('E_CONFIG', `${origin}: ${found} is not supported; all services are used in one region, by one interface.`, {
    hint: `Give the address itself: ${found.replace(/_.*/, '')}_endpoint_override.`,
  });
}

function overridesOf(rest: YamlMapping, origin: string): Readonly<Record<string, string>> {
  const address = (service: string): string | undefined => {
    const override = `${service}_endpoint_override`;
    const plain = `${service}_endpoint`;
    return textOf(rest[override] ?? undefined, override, origin) ?? textOf(rest[plain] ?? undefined, plain, origin);
  };
  return dropUndefined(Object.fromEntries(cataloguedServices.map((service) => [service, address(service)])));
}

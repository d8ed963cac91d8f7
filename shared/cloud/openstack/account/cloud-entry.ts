import { Problem } from '../../../problem.ts';
import type { WrittenCloud } from './clouds-file.ts';
import { isSection, Unquoted, type YamlMapping } from './clouds-yaml.ts';
import { chooseRegion } from './regions.ts';

/** A cloud of clouds.yaml, its keys where they belong: what proves who we are, and the rest. */
export interface CloudEntry {
  readonly auth: Readonly<Record<string, string>>;
  readonly rest: YamlMapping;
}

/** The keys that openstacksdk takes from beside `auth`, the last of a row winning. */
const gathered: Readonly<Record<string, readonly string[]>> = {
  domain_id: ['domain_id', 'domain-id'],
  domain_name: ['domain_name', 'domain-name'],
  user_domain_id: ['user_domain_id', 'user-domain-id'],
  user_domain_name: ['user_domain_name', 'user-domain-name'],
  project_domain_id: ['project_domain_id', 'project-domain-id'],
  project_domain_name: ['project_domain_name', 'project-domain-name'],
  token: ['auth-token', 'auth_token', 'token'],
  project_id: ['tenant_id', 'tenant-id', 'project_id', 'project-id'],
  project_name: ['tenant_name', 'tenant-name', 'project_name', 'project-name'],
};

/** Keys that count in `auth` before those beside it. */
const moved = `auth_url user_id username password default_domain_id default_domain_name trust_id system_scope
  application_credential_id application_credential_name application_credential_secret`.split(/\s+/);

/** Spellings that openstacksdk passes over: what they say would not count. */
const unread = ['auth_plugin', 'auth-plugin', 'auth-type', 'endpoint-type'];

/**
 * Reads a cloud as openstacksdk does (openstack/config/loader.py: `_get_base_cloud_config`,
 * `magic_fixes`, `_validate_auth`). Throws E_CONFIG with the key.
 */
export function readEntry(written: WrittenCloud): CloudEntry {
  const { origin, section } = written;
  mustBeSpelt(section, origin);
  const whole = withProfile(written);
  const own = underscored(section);
  const { region, values } = chooseRegion(written, 'regions' in own || 'region_name' in own ? own : whole);
  const cloud = { ...overlaid(whole, values, origin), ...(region === null ? {} : { region_name: region }) };
  const inAuth: Record<string, unknown> = { ...authOf(cloud, origin) };
  const beside: Record<string, unknown> = { ...cloud };
  delete beside['auth'];
  delete beside['regions'];
  const auth = gatheredFrom(inAuth, beside, origin);
  spreadDomain(auth);
  const rest = underscored(beside);
  const others = underscored(inAuth);
  for (const part of [others, rest]) part['username'] ??= taken(part, 'user_name');
  for (const name of moved) {
    const text = textOf(taken(others, name), `auth.${name}`, origin) ?? textOf(rest[name], name, origin);
    if (text !== undefined) auth[name] = text;
  }
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new Problem('E_CONFIG', `${origin}: auth.${unknown} is not known; no plugin of openstacksdk takes it.`);
  if (auth['auth_url'] !== undefined) auth['auth_url'] = filledIn(auth['auth_url'], rest, origin);
  return { auth, rest };
}

/** Refuses what openstacksdk passes over, and a key that stands there with a dash and without. */
function mustBeSpelt(section: YamlMapping, origin: string): void {
  const unheard = unread.find((key) => key in section);
  if (unheard !== undefined) {
    const right = unheard.replace('-', '_').replace('plugin', 'type');
    throw new Problem('E_CONFIG', `${origin}: ${unheard} is not read by openstacksdk; write ${right}.`);
  }
  for (const part of [section, authOf(section, origin)]) {
    const twice = Object.keys(part).find((key) => key.includes('-') && key.replaceAll('-', '_') in part);
    if (twice !== undefined) throw new Problem('E_CONFIG', `${origin}: ${twice} stands there with an underscore, too.`);
  }
}

/** The keys of `gathered`, taken out of `auth` and from beside it. */
function gatheredFrom(inAuth: Record<string, unknown>, beside: Record<string, unknown>, origin: string): Record<string, string> {
  const auth: Record<string, string> = {};
  for (const [target, names] of Object.entries(gathered)) {
    const found = names.flatMap((name) => [taken(beside, name), taken(inAuth, name)]).filter((value) => value !== undefined);
    const text = textOf(found.at(-1), `auth.${target}`, origin);
    if (text !== undefined) auth[target] = text;
  }
  return auth;
}

/** The cloud over its vendor profile. Only the profiles of clouds-public.yaml are known. */
function withProfile({ section, profiles, origin }: WrittenCloud): YamlMapping {
  const name = textOf((section['profile'] ?? section['cloud']) || undefined, 'profile', origin);
  if (name === undefined) return section;
  const profile = profiles[name];
  if (isSection(profile)) return overlaid(profile, section, origin);
  throw new Problem('E_CONFIG', `${origin}: there is no profile ${name} in clouds-public.yaml.`, {
    hint: 'Godwit carries no profiles of vendors. Write auth_url and region_name into clouds.yaml, or the profile into clouds-public.yaml.',
  });
}

/** Lays one cloud over another; only `auth` is laid key by key. */
function overlaid(under: YamlMapping, over: YamlMapping, origin: string): YamlMapping {
  const auth = { ...authOf(under, origin), ...authOf(over, origin) };
  return { ...under, ...over, auth };
}

function authOf({ auth }: YamlMapping, origin: string): YamlMapping {
  if (auth === undefined) return {};
  if (!isSection(auth)) throw new Problem('E_CONFIG', `${origin}: auth must be a mapping.`);
  return auth;
}

function taken(from: Record<string, unknown>, name: string): unknown {
  const value = from[name];
  delete from[name];
  return value;
}

/** One domain for user and project, where a project is named; else it is the scope itself. */
function spreadDomain(auth: Record<string, string>): void {
  if (auth['project_id'] === undefined && auth['project_name'] === undefined) return;
  for (const kind of ['id', 'name']) {
    const domain = auth[`domain_${kind}`];
    delete auth[`domain_${kind}`];
    if (domain === undefined) continue;
    auth[`user_domain_${kind}`] ??= domain;
    auth[`project_domain_${kind}`] ??= domain;
  }
}

/** openstacksdk accepts `auth-url` for `auth_url`; of merged parts the later counts. */
function underscored(section: YamlMapping): Record<string, unknown> {
  return Object.fromEntries(Object.entries(section).map(([key, value]) => [key.replaceAll('-', '_'), value]));
}

/** Puts the cloud's own keys into an auth_url such as `https://{region_name}.example.org`. */
function filledIn(url: string, rest: YamlMapping, origin: string): string {
  return url.replace(/\{(\w*)\}|[{}]/g, (_whole, key: string | undefined) => {
    const value = key === undefined ? undefined : textOf(rest[key], key, origin);
    if (value === undefined)
      throw new Problem('E_CONFIG', `${origin}: auth.auth_url has a brace that stands for no key of the cloud.`);
    return value;
  });
}

/**
 * A value that must be a text; undefined where it is empty. Throws E_CONFIG for what YAML reads as
 * something else than is written.
 */
export function textOf(value: unknown, key: string, origin: string): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string') return value;
  const quote = value instanceof Unquoted || typeof value === 'boolean' || value === null;
  throw new Problem(
    'E_CONFIG',
    `${origin}: ${key} ${quote ? 'is not a text as it stands; put it in quotes' : 'must be a text'}.`,
  );
}

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Problem } from '../../../problem.ts';
import { isSection, parseCloudsYaml, type YamlMapping } from './clouds-yaml.ts';

/** Environment variables; a parameter, so that this code never reads the process's own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The clouds of clouds.yaml with secure.yaml laid over them, and the path they were read from. */
export interface CloudsFile {
  readonly path: string;
  readonly clouds: YamlMapping;
  /** The public clouds of clouds-public.yaml, to which `profile` refers. */
  readonly profiles: YamlMapping;
}

/** A cloud as it is written, and what it may refer to. */
export interface WrittenCloud {
  /** For people: `cloud src of /etc/openstack/clouds.yaml`. */
  readonly origin: string;
  readonly section: YamlMapping;
  readonly profiles: YamlMapping;
  /** The region that the settings choose. */
  readonly region: string | undefined;
}

const extensions = ['yaml', 'yml', 'json'];

/**
 * Reads clouds.yaml, secure.yaml and clouds-public.yaml from openstacksdk's places ("Configuring
 * OpenStack SDK Applications"); null if there is no clouds.yaml. Throws E_CONFIG for one that is
 * unreadable, or named and missing.
 */
export async function readCloudsFile(environment: Environment, file?: string): Promise<CloudsFile | null> {
  const named = file ?? filled(environment['OS_CLIENT_CONFIG_FILE']);
  const found = await firstOf(named === undefined ? places(environment, 'clouds') : [named]);
  if (found === null) {
    if (named !== undefined) throw new Problem('E_CONFIG', `There is no file ${named}.`, { about: named });
    return null;
  }
  const beside = file === undefined ? [] : extensions.map((extension) => join(dirname(file), `secure.${extension}`));
  const secureNamed = filled(environment['OS_CLIENT_SECURE_FILE']);
  const secure = await firstOf(secureNamed === undefined ? [...beside, ...places(environment, 'secure')] : [secureNamed]);
  const vendor = await firstOf(places(environment, 'clouds-public'));
  const clouds = mappingIn(found, 'clouds');
  const secrets = secure === null ? {} : mappingIn(secure, 'clouds');
  const profiles = vendor === null ? {} : mappingIn(vendor, 'public-clouds');
  return { path: found.path, clouds: merge(clouds, secrets) as YamlMapping, profiles };
}

/** An empty variable is as good as none. */
function filled(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function places(environment: Environment, stem: string): string[] {
  const config = join(environment['HOME'] ?? homedir(), '.config');
  const bases = [environment['XDG_CONFIG_HOME'] ?? config, config, environment['XDG_CONFIG_DIRS'] ?? '/etc/xdg', '/etc'];
  const folders = ['.', ...bases.map((base) => join(base, 'openstack'))];
  return folders.flatMap((folder) => extensions.map((extension) => join(folder, `${stem}.${extension}`)));
}

interface ReadFile {
  readonly path: string;
  readonly text: string;
}

async function firstOf(paths: readonly string[]): Promise<ReadFile | null> {
  for (const path of paths) {
    try {
      return { path, text: await readFile(path, 'utf8') };
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      // A searched folder may be unreadable, often the caller's after `sudo -u`. openstacksdk skips
      // it too (openstack/config/loader.py, `_load_yaml_json_file`).
      if (code === 'ENOENT' || code === 'ENOTDIR' || (code === 'EACCES' && paths.length > 1)) continue;
      throw new Problem('E_CONFIG', `${path} cannot be read: ${message}.`, { about: path, cause });
    }
  }
  return null;
}

/** The mapping under a key of a file; empty where the file is. */
function mappingIn({ path, text }: ReadFile, key: string): YamlMapping {
  const content = parseCloudsYaml(text, path) ?? {};
  const mapping = isSection(content) ? (content[key] ?? {}) : content;
  if (!isSection(mapping))
    throw new Problem('E_CONFIG', `${path}: ${key} must be a mapping of names to clouds.`, { about: path });
  return mapping;
}

/** Lays one mapping over another, mapping by mapping. */
function merge(under: unknown, over: unknown): unknown {
  if (!isSection(under) || !isSection(over)) return over === undefined ? under : over;
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) merged[key] = merge(under[key], value);
  return merged;
}

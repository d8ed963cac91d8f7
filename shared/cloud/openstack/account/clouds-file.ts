import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { Problem } from '../../../problem.ts';

/** A mapping of a foreign YAML file: unknown keys are ignored. */
export type YamlMapping = Readonly<Record<string, unknown>>;

/** Environment variables; a parameter, so that this code never reads the process's own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The clouds of clouds.yaml with secure.yaml laid over them, and the path they were read from. */
export interface CloudsFile {
  readonly path: string;
  readonly clouds: Readonly<Record<string, YamlMapping>>;
}

const extensions = ['yaml', 'yml', 'json'];

/**
 * Reads clouds.yaml and secure.yaml from openstacksdk's places ("Configuring OpenStack SDK
 * Applications"); null if there is none. Throws E_CONFIG for one that is unreadable, or named and
 * missing.
 */
export async function readCloudsFile(environment: Environment, file?: string): Promise<CloudsFile | null> {
  const named = file ?? environment['OS_CLIENT_CONFIG_FILE'];
  const found = await firstOf(named === undefined ? places(environment, 'clouds') : [named]);
  if (found === null) {
    if (named !== undefined) throw new Problem('E_CONFIG', `There is no file ${named}.`, { about: named });
    return null;
  }
  const beside = named === undefined ? [] : extensions.map((extension) => join(dirname(named), `secure.${extension}`));
  const secureNamed = environment['OS_CLIENT_SECURE_FILE'];
  const secure = await firstOf(secureNamed === undefined ? [...beside, ...places(environment, 'secure')] : [secureNamed]);
  const clouds = cloudsOf(found.text, found.path);
  const secrets = secure === null ? {} : cloudsOf(secure.text, secure.path);
  return { path: found.path, clouds: merge(clouds, secrets) as Record<string, YamlMapping> };
}

function places(environment: Environment, stem: string): string[] {
  const home = environment['HOME'] ?? homedir();
  const folders = ['.', join(environment['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'openstack'), '/etc/openstack'];
  return folders.flatMap((folder) => extensions.map((extension) => join(folder, `${stem}.${extension}`)));
}

async function firstOf(paths: readonly string[]): Promise<{ path: string; text: string } | null> {
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

function cloudsOf(text: string, path: string): Readonly<Record<string, YamlMapping>> {
  let content: unknown;
  try {
    content = parse(text, { maxAliasCount: 100 });
  } catch (cause) {
    // The parser quotes the offending line, which may hold a password: only its place is shown.
    const at = (cause as { linePos?: { line: number; col: number }[] }).linePos?.[0];
    const where = at === undefined ? path : `${path}:${at.line}:${at.col}`;
    throw new Problem('E_CONFIG', `${where} is not valid YAML.`, { about: where });
  }
  const clouds = isSection(content) ? (content['clouds'] ?? {}) : {};
  if (!isSection(clouds)) throw new Problem('E_CONFIG', `${path}: clouds must be a mapping of names to clouds.`, { about: path });
  return Object.fromEntries(
    Object.entries(clouds).map(([name, cloud]) => [name, isSection(cloud) ? (underscored(cloud) as YamlMapping) : {}]),
  );
}

/** Whether a value is a mapping. */
export function isSection(value: unknown): value is YamlMapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** openstacksdk accepts `auth-url` for `auth_url`. */
function underscored(value: unknown): unknown {
  if (!isSection(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.replaceAll('-', '_'), underscored(inner)]));
}

/** Lays one mapping over another, mapping by mapping. */
export function merge(under: unknown, over: unknown): unknown {
  if (!isSection(under) || !isSection(over)) return over === undefined ? under : over;
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) merged[key] = merge(under[key], value);
  return merged;
}

import { parseDocument, type ScalarTag } from 'yaml';
import { Problem } from '../../../problem.ts';

/** A mapping of a foreign YAML file: unknown keys are ignored. */
export type YamlMapping = Readonly<Record<string, unknown>>;

/** Whether a value is a mapping. */
export function isSection(value: unknown): value is YamlMapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Unquoted);
}

/**
 * An unquoted scalar that YAML turns into another text than was written (`0123`, `1.10`, a date).
 * Nobody means that in a password or an id, so it is refused where a text is needed.
 */
export class Unquoted {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** A plain scalar that PyYAML, with which openstacksdk reads, does not take for a text. */
function plain(name: string, test: RegExp, resolve: ScalarTag['resolve']): ScalarTag {
  return { tag: `tag:yaml.org,2002:${name}`, default: true, test, resolve };
}

/**
 * The implicit types of YAML 1.1 as PyYAML knows them (yaml/resolver.py). They differ from YAML
 * 1.2: `yes` is true, `012` a number, `1e3` a text.
 */
const implicit: ScalarTag[] = [
  plain('null', /^(?:~|null|Null|NULL|)$/, () => null),
  plain('bool', /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/, () => true),
  plain('bool', /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/, () => false),
  plain('int', /^(?:0|-?[1-9][0-9]*)$/, (text) => text),
  plain('int', /^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/, unquoted),
  plain('float', /^[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?$/, unquoted),
  plain('float', /^[-+]?\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?$/, unquoted),
  plain('float', /^(?:[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/, unquoted),
  plain('timestamp', /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9].*)?$/, unquoted),
  plain('value', /^=$/, (text, refuse) => refuse(`${text} alone must be quoted`)),
];

function unquoted(text: string): Unquoted {
  return new Unquoted(text);
}

/**
 * Reads a YAML or JSON text as openstacksdk does, merge keys (`<<`) included. Throws E_CONFIG with
 * the place, never with the line, which may hold a password.
 */
export function parseCloudsYaml(text: string, path: string): unknown {
  // JSON is YAML, but a file that is named so must be JSON.
  if (path.endsWith('json')) mustBeJson(text, path);
  const document = parseDocument(text, { schema: 'failsafe', merge: true, customTags: implicit, version: '1.1' });
  const wrong = document.errors[0] ?? document.warnings[0];
  if (wrong !== undefined) {
    const at = wrong.linePos?.[0];
    const where = at === undefined ? path : `${path}:${at.line}:${at.col}`;
    const why = wrong.code === 'DUPLICATE_KEY' ? 'a key stands there twice' : 'it is not valid YAML';
    throw new Problem('E_CONFIG', `${where} cannot be read: ${why}.`, { about: where });
  }
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch {
    throw new Problem('E_CONFIG', `${path} cannot be read: a merge key or an alias in it is wrong.`, { about: path });
  }
}

function mustBeJson(text: string, path: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new Problem('E_CONFIG', `${path} cannot be read: it is not valid JSON.`, { about: path });
  }
}

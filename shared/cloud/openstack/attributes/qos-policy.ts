import type { ApiThing } from '../api.ts';
import type { Table } from './attribute.ts';
import { byName, unordered } from './canonical.ts';
import { books, described, name } from './standard.ts';

/** What a rule says; each type has some of it. */
const content = [
  'type',
  'direction',
  'max_kbps',
  'max_burst_kbps',
  'dscp_mark',
  'min_kbps',
  'min_kpps',
  'max_kpps',
  'max_burst_kpps',
] as const;

/** Network API v2.0, "Show QoS policy"; its rules are built with it. */
// biome-ignore format: a table is read by column
export const qosPolicy: Table = [
  name,
  ...described,
  { api: 'is_default', field: 'is_default', fate: 'carried', sent: 'unless default', default: false, needs: 'qos-default', accepts: isLeft },
  { api: 'rules',      field: 'rules',      fate: 'carried', default: [], keys: [...content, 'id', 'qos_policy_id', 'tags'], read: contents,
    canonical: rulesOf, accepts: lacksSome },
  { api: 'shared',     fate: 'mapped', why: 'a resource of its own: rbac_policy' },
  ...books,
];

/** The rules without their ids; what is no list of them is not touched, and found unreadable. */
function contents(rules: unknown): ApiThing[] {
  if (!Array.isArray(rules) || !rules.every(isThing)) return rules as ApiThing[];
  return rules.map((rule) =>
    Object.fromEntries(content.flatMap((key) => (rule[key] === undefined || rule[key] === null ? [] : [[key, rule[key]]]))),
  );
}

function isThing(one: unknown): one is ApiThing {
  return typeof one === 'object' && one !== null;
}

/** The rules as text that is equal where they are. */
export function rulesOf(rules: unknown): string[] {
  if (!Array.isArray(rules) || !rules.every(isThing)) return [];
  return unordered(
    contents(rules).map((rule) =>
      byName(rule)
        .map(([key, value]) => `${key}=${String(value)}`)
        .join(' '),
    ),
  );
}

/** Rules that the plan leaves out are told; one that says something else is not. */
function lacksSome(wanted: unknown, is: unknown): boolean {
  return (is as readonly string[]).every((rule) => (wanted as readonly string[]).includes(rule));
}

/** That it is not the default one, because the project has another, is told. */
function isLeft(_wanted: unknown, is: unknown): boolean {
  return is === false;
}

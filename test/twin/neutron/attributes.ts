import { anyRecord } from '../body.ts';
import type { Caller } from '../policy.ts';
import { badRequest, forbidden } from '../refusal.ts';
import { textOf } from '../text.ts';
import { readAddress, readPrefix } from './ip.ts';

/** Turns a value from a body into what the twin keeps, or throws a refusal. */
export type Check<T> = (value: unknown, name: string) => T;

/**
 * One attribute of a Neutron resource: what may be sent for it, by whom, and what stands for it
 * when nothing is sent.
 */
interface Attribute<T> {
  readonly check: Check<T>;
  /** What a new resource has without it; an attribute that has none must be sent. */
  readonly fallback?: T;
  readonly post?: boolean;
  readonly put?: boolean;
  /** Only admins may send anything but the fallback (the default policies of Zed). */
  readonly adminOnly?: boolean;
}

type AttributeTable = Readonly<Record<string, Attribute<unknown>>>;
/** The values that a table of attributes yields. */
export type Given<A extends AttributeTable> = { readonly [K in keyof A]: A[K] extends Attribute<infer T> ? T : never };

const invalid = (name: string, reason: string) => badRequest(`Invalid input for ${name}. Reason: ${reason}.`, 'HTTPBadRequest');

/** A text of limited length. */
export const text =
  (longest = 255): Check<string> =>
  (value, name) => {
    if (typeof value !== 'string') throw invalid(name, `'${String(value)}' is not a valid string`);
    if (value.length > longest) throw invalid(name, `'${value}' exceeds maximum length of ${longest}`);
    return value;
  };

/** A yes or no, in any of the spellings Neutron takes. */
export const bool: Check<boolean> = (value) => {
  const word = String(value).toLowerCase();
  if (value === true || word === 'true' || word === '1') return true;
  if (value === false || word === 'false' || word === '0') return false;
  throw badRequest(`Invalid input for operation: '${textOf(value)}' cannot be converted to boolean.`, 'InvalidInput');
};

/** An integer in a range. */
export const integer =
  (least: number, most: number): Check<number> =>
  (value, name) => {
    const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number)) throw invalid(name, `'${String(value)}' is not an integer`);
    if (number < least) throw invalid(name, `'${number}' is too small - must be at least '${least}'`);
    if (number > most) throw invalid(name, `'${number}' is too large - must be no larger than '${most}'`);
    return number;
  };

/** A value or null. */
export const orNull =
  <T>(check: Check<T>): Check<T | null> =>
  (value, name) =>
    value === null ? null : check(value, name);

/** A list of values. */
export const listOf =
  <T>(check: Check<T>): Check<T[]> =>
  (value, name) => {
    if (!Array.isArray(value)) throw invalid(name, `'${String(value)}' is not a list`);
    return value.map((item) => check(item, name));
  };

/** A list of at most so many values. */
export const atMost =
  <T>(most: number, check: Check<T[]>): Check<T[]> =>
  (value, name) => {
    const all = check(value, name);
    if (all.length > most) throw badRequest(`The number of ${name} exceeds the maximum ${most}.`, 'InvalidInput');
    return all;
  };

/** One of some words. */
export const oneOf =
  <const T extends string | number>(...words: readonly T[]): Check<T> =>
  (value, name) => {
    const found = words.find((word) => word === value || (typeof word === 'number' && String(word) === value));
    if (found === undefined) throw invalid(name, `${textOf(value)} is not in valid_values`);
    return found;
  };

/** A uuid. */
export const uuid: Check<string> = (value, name) => {
  if (typeof value !== 'string' || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value))
    throw invalid(name, `'${String(value)}' is not a valid UUID`);
  return value;
};

/** An IP address. */
export const ipAddress: Check<string> = (value, name) => {
  if (typeof value !== 'string' || readAddress(value) === undefined)
    throw invalid(name, `'${String(value)}' is not a valid IP address`);
  return value;
};

/** A prefix such as 10.0.0.0/24; a bare address becomes a prefix of one. */
export const prefix: Check<string> = (value, name) => {
  const read = typeof value === 'string' ? readPrefix(value) : undefined;
  if (typeof value !== 'string' || read === undefined) throw invalid(name, `'${String(value)}' is not a valid IP subnet`);
  return value.includes('/') ? value : `${value}/${read.length}`;
};

/**
 * A MAC address, kept as it is written: Zed stores upper case and its database compares without
 * case.
 */
export const macAddress: Check<string> = (value, name) => {
  const plain = typeof value === 'string' ? value : '';
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(plain)) throw invalid(name, `'${String(value)}' is not a valid MAC address`);
  return plain;
};

/** An object whose known keys are checked; unknown keys are refused. */
export const shape =
  <A extends AttributeTable>(fields: A): Check<Given<A>> =>
  (value, name) => {
    const read = anyRecord.safeParse(value);
    if (!read.success) throw invalid(name, `'${String(value)}' is not a dictionary`);
    for (const key of Object.keys(read.data)) if (fields[key] === undefined) throw invalid(name, `Unexpected key '${key}'`);
    return collect(fields, read.data, name);
  };

/** An object of any keys. */
export const dictionary: Check<Record<string, unknown>> = (value, name) => {
  const read = anyRecord.safeParse(value);
  if (!read.success) throw invalid(name, `'${String(value)}' is not a dictionary`);
  return read.data;
};

function collect<A extends AttributeTable>(table: A, given: Readonly<Record<string, unknown>>, within: string): Given<A> {
  const values: Record<string, unknown> = {};
  for (const [key, attribute] of Object.entries(table)) {
    if (given[key] !== undefined) values[key] = attribute.check(given[key], within === '' ? key : within);
    else if ('fallback' in attribute) values[key] = attribute.fallback;
    else throw badRequest(`Failed to parse request. Required attribute '${key}' not specified`, 'HTTPBadRequest');
  }
  return values as Given<A>;
}

/** The project a new resource is for. Only admins may make things for others. */
function projectOf(caller: Caller, given: Readonly<Record<string, unknown>>): string {
  const asked = given['project_id'] ?? given['tenant_id'];
  if (asked === undefined || asked === caller.projectId) return caller.projectId;
  if (typeof asked === 'string' && caller.admin) return asked;
  throw badRequest(
    "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin or advsvc privileges",
    'HTTPBadRequest',
  );
}

/** A body taken apart. */
export interface Posted<A extends AttributeTable> {
  readonly projectId: string;
  readonly values: Given<A>;
}

/** Attributes that are shown but never sent. */
const madeByNeutron: ReadonlySet<string> = new Set([
  'id',
  'status',
  'tags',
  'subnets',
  'created_at',
  'updated_at',
  'revision_number',
  'availability_zones',
  'router_id',
]);

/** Reads what a POST sends for one resource; `rule` is the policy's name, such as `create_port`. */
export function readPost<A extends AttributeTable>(
  caller: Caller,
  rule: string,
  table: A,
  given: Readonly<Record<string, unknown>>,
): Posted<A> {
  for (const key of Object.keys(given)) {
    if (key === 'tenant_id' || key === 'project_id') continue;
    const attribute = table[key];
    if (attribute === undefined && madeByNeutron.has(key))
      throw badRequest(`Attribute '${key}' not allowed in POST`, 'HTTPBadRequest');
    if (attribute === undefined) throw badRequest(`Unrecognized attribute(s) '${key}'`, 'HTTPBadRequest');
    if (attribute.post === false) throw badRequest(`Attribute '${key}' not allowed in POST`, 'HTTPBadRequest');
  }
  const projectId = projectOf(caller, given);
  const values = collect(table, given, '');
  for (const [key, attribute] of Object.entries(table)) {
    if (attribute.adminOnly === true && given[key] !== undefined && values[key] !== attribute.fallback)
      refuseMember(caller, rule, key);
  }
  return { projectId, values };
}

/** Reads what a PUT sends: only the attributes that are there. */
export function readPut<A extends AttributeTable>(
  caller: Caller,
  rule: string,
  table: A,
  given: Readonly<Record<string, unknown>>,
): Partial<Given<A>> {
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const attribute = table[key];
    if (attribute === undefined && key !== 'id' && key !== 'tenant_id' && key !== 'project_id') {
      throw badRequest(`Unrecognized attribute(s) '${key}'`, 'HTTPBadRequest');
    }
    if (attribute === undefined || attribute.put === false)
      throw badRequest(`Cannot update read-only attribute ${key}`, 'HTTPBadRequest');
    if (attribute.adminOnly === true) refuseMember(caller, rule, key);
    values[key] = attribute.check(value, key);
  }
  return values as Partial<Given<A>>;
}

/** Refuses everybody but admins, in the words of Neutron's policy engine. */
export function refuseMember(caller: Caller, rule: string, attribute = ''): void {
  if (caller.admin) return;
  const full = attribute === '' ? `rule:${rule}` : `(rule:${rule} and rule:${rule}:${attribute})`;
  throw forbidden(`${full} is disallowed by policy`, 'PolicyNotAuthorized');
}

/** The things a body carries under a key: one, or several under the plural. */
export function unwrap(body: unknown, singular: string, plural: string): { many: boolean; items: Record<string, unknown>[] } {
  const outer = anyRecord.safeParse(body);
  const one = outer.success ? anyRecord.safeParse(outer.data[singular]) : undefined;
  if (one?.success === true) return { many: false, items: [one.data] };
  const several = outer.success ? outer.data[plural] : undefined;
  if (Array.isArray(several) && several.length > 0) return { many: true, items: several.map((item) => dictionary(item, plural)) };
  throw badRequest(`Unable to find '${singular}' in request body`, 'HTTPBadRequest');
}

import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../model/canonical-json.ts';
import type { Kind, Resource } from '../../../model/resource.ts';
import type { AttributeVerdict, Differences, HeardAttribute, Likeness } from '../../destination-cloud.ts';
import type { ApiThing } from '../api.ts';
import { type Attribute, canonicalOf } from './attribute.ts';
import { isLeftToCloud } from './differences.ts';
import { fieldOf } from './request.ts';
import { tables } from './tables.ts';

/** What the builders compare under other names than our fields. */
const fieldNamed: Readonly<Record<string, string>> = {
  status: 'power',
  image: 'image_id',
  address: 'floating_ip_address',
  addresses: 'external_fixed_ips',
};

/** What differs of these is a state, which its owner changes every day. */
const states: ReadonlySet<string> = new Set(['power']);

/** The carried attributes of a resource of the source, in canonical form. */
export function portraitOf(resource: Resource): Readonly<Record<string, unknown>> {
  const rows = carriedRows(resource).filter((row) => !isLeftToCloud(row, resource));
  return Object.fromEntries(rows.map((row) => [row.field, ofSource(row, resource)]));
}

/** The digest of attributes in canonical form: SHA-256 in hex of their JSON by RFC 8785. */
export function digestOf(portrait: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(canonicalJson(portrait)).digest('hex');
}

/** A verdict on every attribute, of what was heard while a resource was compared. */
export function likenessOf(
  resource: Resource,
  { fatal, told }: Differences,
  heardAttributes: readonly HeardAttribute[],
): Likeness {
  const differing = differingOf(resource.kind, fatal, told);
  const heard = new Map(heardAttributes.map((one) => [one.attribute, one]));
  const whole = differing.get('*');
  if (whole !== undefined) return { verdicts: [whole], digest: null };
  const verdicts = new Map<string, AttributeVerdict>();
  for (const row of tables[resource.kind]) {
    if (row.field === undefined || (row.fate !== 'carried' && row.fate !== 'mapped')) continue;
    const { field: attribute } = row;
    if (heard.get(attribute)?.is === 'unset') continue;
    verdicts.set(attribute, differing.get(attribute) ?? { attribute, is: standingOf(row, heard.get(attribute)) });
  }
  for (const [attribute, verdict] of differing) verdicts.set(attribute, verdict);
  // Nothing was compared of what stands for it.
  const isRead = heard.size > 0;
  return { verdicts: [...verdicts.values()], digest: isRead ? digestOf(portraitThere(resource, heard, differing)) : null };
}

function carriedRows({ kind }: Resource): Attribute[] {
  return tables[kind].filter(({ fate, field }) => fate === 'carried' && field !== undefined);
}

function ofSource(row: Attribute, resource: Resource): unknown {
  return canonicalOf(row, fieldOf(row, resource) ?? row.default ?? null, resource as unknown as ApiThing);
}

function standingOf({ api, fate }: Attribute, heard: HeardAttribute | undefined): AttributeVerdict['is'] {
  if (fate === 'mapped' || heard?.is === 'left') return 'mapped';
  if (heard !== undefined) return heard.is === 'different' ? 'different' : heard.is === 'unread' ? 'unread' : 'equal';
  // The builder itself compares what no answer has under one name.
  return api === null ? 'equal' : 'mapped';
}

/** What differs, by attribute: `<attribute> is …`, or a sentence on the whole resource. */
function differingOf(kind: Kind, fatal: readonly string[], told: readonly string[]): ReadonlyMap<string, AttributeVerdict> {
  const found = new Map<string, AttributeVerdict>();
  const add = (says: string, isFatal: boolean): void => {
    const attribute = attributeIn(kind, says);
    const before = found.get(attribute);
    const severity = before?.severity === 'serious' || (isFatal && !states.has(attribute)) ? 'serious' : 'minor';
    found.set(attribute, { attribute, is: 'different', severity, says: [...(before?.says ?? []), says] });
  };
  for (const says of fatal) add(says, true);
  for (const says of told) add(says, false);
  return found;
}

function attributeIn(kind: Kind, says: string): string {
  if (says.endsWith(' is not there')) return '*';
  const named = says.slice(0, Math.max(0, says.indexOf(' is '))) || says;
  const isField = tables[kind].some(({ field }) => field === named);
  return isField ? named : (fieldNamed[named] ?? named);
}

/**
 * The attributes as they are at the destination. One that is equal has the source's form: the ids
 * in it are then those of the source.
 */
function portraitThere(
  resource: Resource,
  heard: ReadonlyMap<string, HeardAttribute>,
  differing: ReadonlyMap<string, AttributeVerdict>,
): Readonly<Record<string, unknown>> {
  const entries = carriedRows(resource).flatMap((row): [string, unknown][] => {
    const attribute = row.field ?? '';
    const one = heard.get(attribute);
    if (isLeftToCloud(row, resource) || one?.is === 'unread') return [];
    const difference = differing.get(attribute);
    if (difference === undefined) return [[attribute, ofSource(row, resource)]];
    return [[attribute, one?.is === 'different' ? one.value : (difference.says ?? [])]];
  });
  return Object.fromEntries(entries);
}

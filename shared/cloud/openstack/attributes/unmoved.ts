import { firstFew } from '../../../first-few.ts';
import type { Concern } from '../../../model/concern.ts';
import { wordOf, wordsOf } from '../../../model/kind-words.ts';
import { type Kind, refOf } from '../../../model/resource.ts';
import type { ApiThing } from '../api.ts';
import { type Attribute, isDefault, isEmpty, rowOf } from './attribute.ts';
import { tables } from './tables.ts';

/** A resource of the source as its cloud's API shows it. */
export interface SourceThing {
  readonly kind: Kind;
  readonly id: string;
  readonly name: string;
  readonly answer: ApiThing;
}

/** Characters of a value that a concern shows, and number of resources that it names. */
const shown = 60;
const listed = 10;
/** Names of attributes whose value is never shown. */
const mayBeSecret = /pass|secret|token|user_data|private|credential/i;

/** An attribute that stays behind. `row`: its row in the table, absent if no row names it. */
interface Unmoved {
  readonly thing: SourceThing;
  readonly attribute: string;
  readonly value: unknown;
  readonly row?: Attribute | undefined;
}

/**
 * One concern for each attribute of a kind that has a value and stays behind, whether or not a row
 * names it.
 */
export function unmovedConcerns(things: readonly SourceThing[]): Concern[] {
  const groups = new Map<string, [Unmoved, ...Unmoved[]]>();
  for (const one of things.flatMap(unmovedOf)) {
    const group = `${one.thing.kind}.${one.attribute}`;
    const earlier = groups.get(group);
    if (earlier === undefined) groups.set(group, [one]);
    else earlier.push(one);
  }
  return [...groups.values()].map(concernFor);
}

function unmovedOf(thing: SourceThing): Unmoved[] {
  return Object.entries(thing.answer).flatMap(([attribute, value]): Unmoved[] => {
    const row = rowOf(tables[thing.kind], attribute);
    if (row === undefined) return isEmpty(value) ? [] : [{ thing, attribute, value }];
    const unknown = row.keys === undefined ? [] : unknownKeys(thing, attribute, value, row.keys);
    const quiet = row.fate !== 'told' || row.concern !== undefined || value === null || isDefault(row, value);
    return quiet || row.harmless?.(value) === true ? unknown : [...unknown, { thing, attribute, value, row }];
  });
}

function unknownKeys(thing: SourceThing, attribute: string, value: unknown, keys: readonly string[]): Unmoved[] {
  const objects = [value].flat().filter((one): one is ApiThing => typeof one === 'object' && one !== null);
  const entries = objects.flatMap((one) => Object.entries(one)).filter(([key, inner]) => !keys.includes(key) && !isEmpty(inner));
  return entries.map(([key, inner]) => ({ thing, attribute: `${attribute}.${key}`, value: inner }));
}

function concernFor(group: readonly [Unmoved, ...Unmoved[]]): Concern {
  const [{ thing, attribute, row }] = group;
  const things = [...new Set(group.map((one) => one.thing))];
  const names = things.map((one) => one.name || one.id);
  const has = `The attribute ${attribute} (${shownOf(group)}) of ${things.length === 1 ? wordOf(thing.kind) : wordsOf(thing.kind)} ${firstFew(names, listed)}`;
  const about = things.length === 1 ? { about: refOf(thing.kind, thing.id) } : {};
  if (row === undefined)
    return {
      code: `${thing.kind}.unknown_attribute`,
      severity: 'warning',
      ...about,
      says: `${has} is not known to this release and stays behind.`,
      remedy: 'Find out what it does in the API reference of the source, and set it at the destination by hand if it matters.',
    };
  return {
    code: `${thing.kind}.not_carried`,
    severity: 'warning',
    ...about,
    says: `${has} stays behind: ${row.why}.`,
    remedy: 'Set it, or what takes its place, at the destination by hand if it matters.',
  };
}

/** What a concern shows of the values: nothing if they may be secret. */
function shownOf([first, ...others]: readonly [Unmoved, ...Unmoved[]]): string {
  if (first.row?.secret === true || mayBeSecret.test(first.attribute)) return 'not shown';
  const text = JSON.stringify(first.value);
  const differs = others.some((other) => JSON.stringify(other.value) !== text);
  return `${text.length > shown ? `${text.slice(0, shown)}…` : text}${differs ? ' and others' : ''}`;
}

import type { Kind } from '../../../model/resource.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiThing } from '../api.ts';

/**
 * What becomes of an attribute. `carried`: the same at the destination. `mapped`: the plan, or what is built before, says what it
 * becomes. `derived`: each cloud works it out by itself. `told`: it cannot be carried, and a capture says so.
 */
type Fate = 'carried' | 'mapped' | 'derived' | 'told';

/**
 * When an attribute is in the request that creates. `unless default`: the cloud's own default is the same. `if known`: without a value
 * the cloud chooses, and its choice is not compared. `with the stamp`: our stamp shares its place, so the builder sends it.
 */
type Sent = 'always' | 'unless default' | 'if known' | 'with the stamp';

/** One attribute of an answer of the API: a row of its kind's table. Functions are given the value of this row. */
export interface Attribute {
  /** Its name in the API reference, a `*` at its end for every name that begins so; null where no answer has it. */
  readonly api: string | null;
  readonly fate: Fate;
  /** Our field in `configurations.json`; absent where the document does not have it. */
  readonly field?: string;
  /** The Neutron extension (its alias) or the Nova microversion without which a cloud does not know it. */
  readonly needs?: string;
  /** The values that a cloud takes, where it does not take every one, each with what it needs; the cloud chooses in the place of another. */
  readonly values?: readonly { readonly needs: string; readonly fits: (value: string) => boolean }[];
  /** Without it the guest would not be the same: a destination that lacks `needs` then blocks the plan. */
  readonly vital?: boolean;
  /** The value that says nothing; without it: null, '', false, [] and {}. An answer without the attribute is read as this. */
  readonly default?: unknown;
  /** The keys of the object, or of each object in the list. The others are unknown attributes. */
  readonly keys?: readonly string[];
  /** The kind of resource whose id the field holds: it is a need, and is translated to the destination's id. */
  readonly refers?: Kind;
  readonly sent?: Sent;
  /** Its name in requests, where that is another one. */
  readonly sentAs?: string;
  /** The value is never printed. */
  readonly secret?: boolean;
  /** Why it is not carried, for operators; of other rows, where the value comes from. */
  readonly why?: string;
  /** The concern of a rule of its own that tells it; the general one is then not raised. */
  readonly concern?: string;
  /** How the answer's value becomes our field's; without it, as it is. */
  read?(value: unknown): unknown;
  /** How the field's value, ids translated, is spelled in a request; without it, as it is. */
  write?(value: unknown, resource: ApiThing, context: BuildContext): unknown;
  /** The form in which equal values are equal text. `whole` is what the value is part of. */
  canonical?(value: unknown, whole: ApiThing): unknown;
  /** Whether the destination's value will do although it is another one: it is told then, and stops nothing. */
  accepts?(wanted: unknown, is: unknown): boolean;
  /** Whether a value that is not the default still loses nothing. */
  harmless?(value: unknown): boolean;
}

/** What a cloud offers: Neutron's extensions and Nova's microversions. */
export interface Offer {
  offers(need: string, signal: AbortSignal): Promise<boolean>;
}

/** The attributes of one kind of resource. */
export type Table = readonly Attribute[];

/** Whether a value says nothing. */
export function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === '' || value === false;
}

/** Whether a value is what a row has where nobody chose one. */
export function isDefault(row: Attribute, value: unknown): boolean {
  return row.default === undefined ? isEmpty(value) : JSON.stringify(value) === JSON.stringify(row.default);
}

/** The form of a row's value in which equal values are equal text. */
export function canonicalOf(row: Attribute, value: unknown, whole: ApiThing): unknown {
  return row.canonical === undefined ? value : row.canonical(value, whole);
}

/** The row that names an attribute. */
export function rowOf(table: Table, api: string): Attribute | undefined {
  const named = table.find((row) => row.api === api);
  return named ?? table.find((row) => row.api?.endsWith('*') === true && api.startsWith(row.api.slice(0, -1)));
}

/** Rows of attributes that each cloud works out by itself. */
export function derived(why: string, ...names: readonly string[]): Attribute[] {
  return names.map((api) => ({ api, fate: 'derived', why }));
}

/** What a cloud must have to take a value of a row: undefined for nothing, null where no cloud takes it. */
export function needOf(row: Attribute, value: unknown): string | null | undefined {
  if (row.values === undefined) return row.needs;
  return row.values.find(({ fits }) => fits(String(value)))?.needs ?? null;
}

/** Whether a cloud takes a value of a row. */
export async function takes(cloud: Offer, row: Attribute, value: unknown, signal: AbortSignal): Promise<boolean> {
  const need = needOf(row, value);
  return need === undefined || (need !== null && (await cloud.offers(need, signal)));
}

import type { Kind } from '../../../model/resource.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiThing } from '../api.ts';

/**
 * What becomes of an attribute. `carried`: kept. `mapped`: the plan or another resource decides.
 * `derived`: each cloud computes it. `told`: it cannot be carried, and the capture reports it.
 */
type Fate = 'carried' | 'mapped' | 'derived' | 'told';

/**
 * When a creation request has an attribute. `unless default`: clouds share the default. `if known`:
 * else the cloud chooses a value, which is not compared. `with the stamp`: the builder sends it.
 */
type Sent = 'always' | 'unless default' | 'if known' | 'with the stamp';

/**
 * One attribute of an API answer: a row of its kind's table. Functions receive the value of this
 * row.
 */
export interface Attribute {
  /**
   * Its name in the API reference; a final `*` matches every name with that prefix. Null: no answer
   * has it.
   */
  readonly api: string | null;
  readonly fate: Fate;
  /** Our field in `configurations.json`; absent if the document has none. */
  readonly field?: string;
  /**
   * The Neutron extension (alias) or Nova microversion that a cloud needs to know the attribute.
   */
  readonly needs?: string;
  /**
   * The values that a cloud accepts if it does not accept all, each with its requirement. Others
   * are left to the cloud.
   */
  readonly values?: readonly { readonly needs: string; readonly fits: (value: string) => boolean }[];
  /** The guest would differ without it: a destination that lacks `needs` blocks the plan. */
  readonly vital?: boolean;
  /**
   * The value that means "not set"; unless given: null, '', false, [] and {}. A missing attribute
   * has this value.
   */
  readonly default?: unknown;
  /** The keys of the object, or of each object in the list. The others are unknown attributes. */
  readonly keys?: readonly string[];
  /** The kind of resource whose id the field holds. It becomes a need, and the id is translated. */
  readonly refers?: Kind;
  readonly sent?: Sent;
  /** Its name in requests, if different. */
  readonly sentAs?: string;
  /** The value is never printed. */
  readonly secret?: boolean;
  /** Why it is not carried, for operators; in other rows, where the value comes from. */
  readonly why?: string;
  /** The concern of a special rule that reports it; the general one is then not raised. */
  readonly concern?: string;
  /** Converts the answer's value to our field's; default: copied. */
  read?(value: unknown): unknown;
  /** Converts the field's value, with translated ids, for a request; default: copied. */
  write?(value: unknown, resource: ApiThing, context: BuildContext): unknown;
  /** The form in which equal values are equal text. `whole` is what the value is part of. */
  canonical?(value: unknown, whole: ApiThing): unknown;
  /**
   * Whether a different value at the destination is acceptable: it is then reported and blocks
   * nothing.
   */
  accepts?(wanted: unknown, is: unknown): boolean;
  /** Whether a value other than the default can be dropped without loss. */
  harmless?(value: unknown): boolean;
}

/** What a cloud offers: Neutron's extensions and Nova's microversions. */
export interface Offer {
  offers(need: string, signal: AbortSignal): Promise<boolean>;
}

/** The attributes of one kind of resource. */
export type Table = readonly Attribute[];

/** Whether a value means "not set". */
export function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === '' || value === false;
}

/** Whether a value is the row's default. */
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

/** Rows of attributes that each cloud computes itself. */
export function derived(why: string, ...names: readonly string[]): Attribute[] {
  return names.map((api) => ({ api, fate: 'derived', why }));
}

/**
 * What a cloud needs to accept a row's value: undefined for nothing, null if no cloud accepts it.
 */
export function needOf(row: Attribute, value: unknown): string | null | undefined {
  if (row.values === undefined) return row.needs;
  return row.values.find(({ fits }) => fits(String(value)))?.needs ?? null;
}

/** Whether a cloud accepts a value of a row. */
export async function takes(cloud: Offer, row: Attribute, value: unknown, signal: AbortSignal): Promise<boolean> {
  const need = needOf(row, value);
  return need === undefined || (need !== null && (await cloud.offers(need, signal)));
}

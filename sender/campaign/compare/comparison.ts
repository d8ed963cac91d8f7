import { kindOf, type Ref } from '../../../shared/model/resource.ts';
import { covering, type DatedWaivers, type Waiver } from './waivers.ts';

/**
 * What becomes of an attribute that is neither equal nor mapped. `told`: before the start, or when
 * it was built. `changed`: at the source, since its capture. `waived`: different, and excused.
 */
export type NotEqual = 'told' | 'changed' | 'waived' | 'different';

/** One attribute that is not equal. */
export interface ComparedLine {
  readonly ref: Ref;
  /** The name of the resource; empty where it has none. */
  readonly name: string;
  readonly attribute: string;
  readonly is: NotEqual;
  readonly severity: 'serious' | 'minor' | null;
  readonly says: string;
  readonly waiver?: Pick<Waiver, 'owner' | 'until' | 'reason'> | undefined;
}

/** How many attributes of one kind there are of each sort, and in how many resources. */
export type KindCounts = Record<'resources' | 'equal' | 'mapped' | 'unread' | NotEqual, number>;

/** Every attribute of every resource of both sides, held against each other. */
export interface AttributeComparison {
  readonly kinds: Readonly<Record<string, KindCounts>>;
  readonly lines: readonly ComparedLine[];
  /** How many further lines there are that are counted alone. */
  readonly omitted: number;
  /** Attributes that the destination's credentials may not read, as `server.hostname`. */
  readonly unread: readonly string[];
  /** Waivers that excuse nothing, and waivers whose day is past. */
  readonly idleWaivers: readonly Waiver[];
  readonly pastWaivers: readonly Waiver[];
  /** The worst that is not excused; null where nothing is. */
  readonly worst: 'serious' | 'minor' | null;
}

/** Lines of one sort that are kept: more than people read. */
const mostLines = 2_000;

/** The sorts of lines, the worst first. */
export const notEqual: readonly NotEqual[] = ['different', 'changed', 'waived', 'told'];

/** Counts what is compared, one resource after the other, in bounded memory. */
export class ComparisonTally {
  readonly #kinds = new Map<string, KindCounts>();
  readonly #lines = new Map<NotEqual, ComparedLine[]>(notEqual.map((sort) => [sort, []]));
  readonly #unread = new Set<string>();
  readonly #used = new Set<Waiver>();
  readonly #waivers: DatedWaivers;
  readonly #countsChanged: boolean;
  readonly #shared: ReadonlySet<string>;
  #omitted = 0;
  #worst: AttributeComparison['worst'] = null;

  /**
   * `countsChanged`: whether a change at the source counts as a difference; `shared`: names that
   * several resources of a kind have.
   */
  constructor(waivers: DatedWaivers, countsChanged: boolean, shared: ReadonlySet<string>) {
    this.#waivers = waivers;
    this.#countsChanged = countsChanged;
    this.#shared = shared;
  }

  /** Counts one resource with the attributes that need no line. */
  add(ref: Ref, sorts: Readonly<Record<'equal' | 'mapped' | 'unread', readonly string[]>>): void {
    const counts = this.#countsOf(kindOf(ref));
    counts.resources += 1;
    for (const sort of ['equal', 'mapped', 'unread'] as const) counts[sort] += sorts[sort].length;
    for (const attribute of sorts.unread) this.#unread.add(`${kindOf(ref)}.${attribute}`);
  }

  /** Counts one attribute that is not equal; a difference that a waiver covers is waived. */
  line(line: ComparedLine): void {
    const waiver =
      line.is === 'different' || line.is === 'changed' ? covering(this.#waivers.valid, line, this.#shared) : undefined;
    if (waiver !== undefined) this.#used.add(waiver);
    const told: ComparedLine = waiver === undefined ? line : excused(line, waiver);
    this.#countsOf(kindOf(line.ref))[told.is] += 1;
    if (told.is === 'different' || (told.is === 'changed' && this.#countsChanged))
      this.#worst = told.severity === 'serious' || this.#worst === 'serious' ? 'serious' : 'minor';
    const lines = this.#lines.get(told.is) ?? [];
    if (lines.length < mostLines) lines.push(told);
    else this.#omitted += 1;
  }

  result(): AttributeComparison {
    const severity = (one: ComparedLine): number => (one.severity === 'serious' ? 0 : 1);
    const { valid, past } = this.#waivers;
    return {
      kinds: Object.fromEntries(this.#kinds),
      lines: [...this.#lines.values()].flatMap((lines) => lines.toSorted((a, b) => severity(a) - severity(b))),
      omitted: this.#omitted,
      unread: [...this.#unread].sort(),
      idleWaivers: valid.filter((waiver) => !this.#used.has(waiver)),
      pastWaivers: past,
      worst: this.#worst,
    };
  }

  #countsOf(kind: string): KindCounts {
    const known = this.#kinds.get(kind);
    if (known !== undefined) return known;
    const counts = { resources: 0, equal: 0, mapped: 0, unread: 0, told: 0, changed: 0, waived: 0, different: 0 };
    this.#kinds.set(kind, counts);
    return counts;
  }
}

function excused(line: ComparedLine, { owner, until, reason }: Waiver): ComparedLine {
  return { ...line, is: 'waived', waiver: { owner, until, reason } };
}

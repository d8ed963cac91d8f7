import type { Concern } from '../../../shared/model/concern.ts';
import { isKind, kindOf, type Ref, type Resource, refOf } from '../../../shared/model/resource.ts';
import type { Fact, Foreseen } from '../../migration/fact.ts';

/** What was told before the start of a campaign, and accepted by starting it. */
export function foreseenIn(facts: readonly Fact[]): Foreseen {
  return facts.find((fact) => fact.fact === 'foreseen') ?? { concerns: [], decisions: [] };
}

/** Concerns by what they are about; those that name several resources are under null. */
export type ConcernsByRef = ReadonlyMap<Ref | null, readonly Concern[]>;

/** Sorts concerns by what they are about. */
export function byRef(concerns: readonly Concern[]): ConcernsByRef {
  return Map.groupBy(concerns, ({ about }) => about ?? null);
}

/** The concern that told a difference of an attribute before it was there. */
export function tellingOf(concerns: ConcernsByRef, resource: Resource, attribute: string): Concern | undefined {
  const own = concerns.get(refOf(resource.kind, resource.id)) ?? [];
  const shared = (concerns.get(null) ?? []).filter(({ says }) => names(says, resource.name));
  return [...own, ...shared].find(({ code, says }) => code.startsWith(`${resource.kind}.`) && names(says, attribute));
}

const inWord = /[\p{L}\p{N}_-]/u;

/** Whether a sentence names a thing: as a part of another word, as in `hostname`, it does not. */
function names(says: string, thing: string): boolean {
  if (thing === '') return false;
  for (let at = says.indexOf(thing); at >= 0; at = says.indexOf(thing, at + 1)) {
    const around = `${says.charAt(at - 1)}${says.charAt(at + thing.length)}`;
    if (!inWord.test(around)) return true;
  }
  return false;
}

const unmoved = /\.(not_carried|unknown_attribute|unsupported_attribute)$/;

/** Whether a concern is about an attribute that stays behind. */
export function isAboutAttribute({ code }: Concern): boolean {
  return unmoved.test(code);
}

/** The attribute that stays behind, with its kind. */
export function attributeOf({ code, says }: Concern): string {
  return `${code} ${/^The attribute (\S+)/.exec(says)?.[1] ?? says}`;
}

/** What an attribute that stays behind belongs to: a resource, or the first of its kind. */
export function ownerOf({ code, about }: Concern, resources: readonly Resource[]): Ref | null {
  const kind = about === undefined ? (code.split('.')[0] ?? '') : kindOf(about);
  if (!isKind(kind)) return null;
  const first = resources.find((one) => one.kind === kind);
  return about ?? (first === undefined ? null : refOf(first.kind, first.id));
}

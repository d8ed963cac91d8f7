import { z } from 'zod';
import { kindOf, type Ref } from '../../../shared/model/resource.ts';

/** A difference that somebody answers for until a day, and which does not count until then. */
export const Waiver = z.strictObject({
  /** A ref by the id at the source, or a kind and a name, as in `server/web-1`. */
  resource: z.string().regex(/^[a-z_]+\/./, 'must be a kind and an id or a name, such as server/web-1'),
  /** A field of the document, or `*` for every one. */
  attribute: z.string().min(1),
  owner: z.string().min(1),
  /** The last day on which it counts, in UTC. */
  until: z.iso.date(),
  reason: z.string().min(1),
});
export type Waiver = z.infer<typeof Waiver>;

/** A file of waivers. */
export const Waivers = z.strictObject({ waivers: z.array(Waiver).max(1_000) });

/** Waivers of a day: those that count, and those whose day is past. */
export interface DatedWaivers {
  readonly valid: readonly Waiver[];
  readonly past: readonly Waiver[];
}

/** The waivers that count on the day of a moment, and those that do not any more. */
export function datedWaivers(waivers: readonly Waiver[], nowMs: number): DatedWaivers {
  const today = new Date(nowMs).toISOString().slice(0, 10);
  return { valid: waivers.filter(({ until }) => until >= today), past: waivers.filter(({ until }) => until < today) };
}

/** A resource as a waiver names it by its kind and name. */
export function namedAs(kind: string, name: string): string {
  return `${kind}/${name}`;
}

/**
 * The waiver that covers an attribute of a resource. `shared`: names that several resources of a
 * kind have; by one of these nobody excused all of them.
 */
export function covering(
  waivers: readonly Waiver[],
  { ref, name, attribute }: { readonly ref: Ref; readonly name: string; readonly attribute: string },
  shared: ReadonlySet<string>,
): Waiver | undefined {
  const named = namedAs(kindOf(ref), name);
  const isNamed = name !== '' && !shared.has(named);
  return waivers.find(
    (one) =>
      (one.resource === ref || (isNamed && one.resource === named)) && (one.attribute === attribute || one.attribute === '*'),
  );
}

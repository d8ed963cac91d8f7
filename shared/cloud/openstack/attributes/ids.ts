import { type Kind, refOf } from '../../../model/resource.ts';
import type { BuildContext } from '../../destination-cloud.ts';

/** What holds an id: the id itself, an object with a `subnet_id`, or a list of either. */
type IdHolder = string | null | { readonly subnet_id: string } | readonly (string | { readonly subnet_id: string })[];

/** The ids in a field's value. */
export function idsIn(value: unknown): string[] {
  const holders = [value as IdHolder].flat();
  return holders.flatMap((holder) => (typeof holder === 'string' ? holder : (holder?.subnet_id ?? [])));
}

/** A field's value with each source id replaced by the destination's. */
export function translated(value: unknown, kind: Kind, context: BuildContext): unknown {
  if (Array.isArray(value)) return value.map((one) => translated(one, kind, context));
  if (typeof value === 'string') return context.built(refOf(kind, value));
  if (typeof value !== 'object' || value === null) return value;
  return { ...value, subnet_id: translated((value as { subnet_id: string }).subnet_id, kind, context) };
}

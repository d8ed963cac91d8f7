import { type Kind, refOf } from '../../../model/resource.ts';
import type { BuildContext } from '../../destination-cloud.ts';

/** An address in a subnet, or a port on a trunk. */
type NestedId = { readonly subnet_id: string } | { readonly port_id: string };

/** What holds an id: the id itself, an object with one, or a list of either. */
type IdHolder = string | null | NestedId | readonly (string | NestedId)[];

/** The ids in a field's value. */
export function idsIn(value: unknown): string[] {
  const holders = [value as IdHolder].flat();
  return holders.flatMap((holder) => (typeof holder === 'string' ? holder : holder === null ? [] : idOf(holder)));
}

function idOf(holder: NestedId): string {
  return 'subnet_id' in holder ? holder.subnet_id : holder.port_id;
}

/** A field's value with each source id replaced by the destination's. */
export function translated(value: unknown, kind: Kind, context: BuildContext): unknown {
  if (Array.isArray(value)) return value.map((one) => translated(one, kind, context));
  if (typeof value === 'string') return context.built(refOf(kind, value));
  if (typeof value !== 'object' || value === null) return value;
  const holder = value as NestedId;
  return { ...holder, ['subnet_id' in holder ? 'subnet_id' : 'port_id']: translated(idOf(holder), kind, context) };
}

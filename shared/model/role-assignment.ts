import { z } from 'zod';
import type { Mappings } from './mappings.ts';
import { common, Id } from './resource-fields.ts';

/** That a user or a group has a role in the project. */
export const RoleAssignment = z.object({
  ...common,
  holder: z.enum(['user', 'group']),
  /** The id and the name at the source. */
  holder_id: Id,
  holder_name: z.string().min(1),
  /** By name: ids of roles differ between clouds. */
  role: z.string().min(1),
});

type Held = Pick<z.infer<typeof RoleAssignment>, 'holder' | 'holder_id' | 'holder_name'>;

/**
 * Who gets the role at the destination, by name or id; null where the plan says `skip`. Without an
 * entry it is who has the same name there.
 */
export function holderThere(held: Held, mappings: Mappings): { readonly to: string; readonly isMapped: boolean } | null {
  const named = held.holder === 'user' ? mappings.users : mappings.groups;
  const entry = named?.[held.holder_id] ?? named?.[held.holder_name];
  if (entry === undefined) return { to: held.holder_name, isMapped: false };
  return entry.to === 'skip' ? null : { to: entry.to, isMapped: true };
}

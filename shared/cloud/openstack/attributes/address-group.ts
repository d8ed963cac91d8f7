import { canonicalCidr } from '../../../ip.ts';
import { unmarked } from '../stamp.ts';
import type { Table } from './attribute.ts';
import { unordered } from './canonical.ts';
import { anyValue, books, name } from './standard.ts';

/**
 * Network API v2.0, "Show address group". It has no tags (neutron/db/models/address_group.py): our
 * stamp ends its description until the commit.
 */
// biome-ignore format: a table is read by column
export const addressGroup: Table = [
  name,
  { api: 'description', field: 'description', fate: 'carried', sent: 'with the stamp', default: '', read: unmarked, canonical: unmarked,
    accepts: anyValue },
  { api: 'addresses',   field: 'addresses',   fate: 'carried', sent: 'always', default: [], canonical: ranges },
  { api: 'shared',      fate: 'mapped', why: 'a resource of its own: rbac_policy' },
  ...books,
];

/** Address ranges, sorted, whatever bits of a host they have. */
export function ranges(all: readonly string[]): string[] {
  return unordered([...new Set(all.map(canonicalCidr))]);
}

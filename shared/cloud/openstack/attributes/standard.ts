import { foreignTags } from '../stamp.ts';
import { type Attribute, derived, type Table } from './attribute.ts';
import { unordered } from './canonical.ts';

/** Fields that Neutron and Nova keep for every resource. */
export const books: Table = [
  ...derived('the identity of the thing', 'id', 'tenant_id', 'project_id', 'standard_attr_id'),
  ...derived('the record of its changes', 'created_at', 'updated_at', 'revision_number'),
];

/** Whether a difference is acceptable where no guest notices the attribute: always. */
export function anyValue(): boolean {
  return true;
}

/** The name that users choose. */
export const name: Attribute = { api: 'name', field: 'name', fate: 'carried', sent: 'always', default: '', accepts: anyValue };

/**
 * Description and tags, which hold our stamps temporarily; Network API v2.0, "Standard attributes
 * tag extension".
 */
// biome-ignore format: a table is read by column
export const described: Table = [
  { api: 'description', field: 'description', fate: 'carried', sent: 'with the stamp', default: '', accepts: anyValue },
  { api: 'tags',        field: 'tags',        fate: 'carried', sent: 'with the stamp', default: [], read: foreignTags, canonical: ownTags,
    accepts: anyValue },
];

/** A resource's own tags, sorted. */
export function ownTags(tags: readonly string[]): string[] {
  return unordered(foreignTags(tags));
}

/** Whether all tags are ours. */
export function areOurs(tags: readonly string[]): boolean {
  return foreignTags(tags).length === 0;
}

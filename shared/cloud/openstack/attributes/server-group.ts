import { derived, type Table } from './attribute.ts';
import { byName } from './canonical.ts';
import { name } from './standard.ts';

/**
 * Compute API, "Show server group details". Nova cannot change a group, and keeps no place for a
 * stamp.
 */
// biome-ignore format: a table is read by column
export const serverGroup: Table = [
  name,
  { api: 'policy',     field: 'policy', fate: 'carried', sent: 'always' },
  { api: 'rules',      field: 'rules',  fate: 'carried', sent: 'unless default', default: {}, needs: '2.64', canonical: byName },
  { api: 'members',    fate: 'mapped', why: 'each server joins its group when it is created' },
  { api: 'user_id',    fate: 'mapped', why: 'it becomes a group of the destination’s credentials' },
  ...derived('before 2.64: the one policy as a list', 'policies'),
  ...derived('before 2.64: always empty', 'metadata'),
  ...derived('the identity of the group', 'id', 'project_id'),
];

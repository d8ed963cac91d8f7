import { derived, type Table } from './attribute.ts';

const mapped = 'the plan’s `mappings.users` and `mappings.groups`, or who has the same name';

/** Identity API v3, "List role assignments". Nothing in one is a place for our stamp. */
// biome-ignore format: a table is read by column
export const roleAssignment: Table = [
  { api: null,    field: 'name',        fate: 'mapped', why: 'who has which role, for people' },
  { api: null,    field: 'holder',      fate: 'mapped', why: mapped },
  { api: null,    field: 'holder_id',   fate: 'mapped', why: mapped },
  { api: null,    field: 'holder_name', fate: 'mapped', why: mapped },
  { api: 'user',  fate: 'mapped', why: mapped },
  { api: 'group', fate: 'mapped', why: mapped },
  { api: 'role',  field: 'role',        fate: 'mapped', why: 'the role of the same name' },
  ...derived('the captured project', 'scope', 'links'),
];

import { unmarked } from '../stamp.ts';
import { ranges } from './address-group.ts';
import { derived, type Table } from './attribute.ts';
import { anyValue, books, described, name } from './standard.ts';

/**
 * Network API v2.0, "Show address scope". It has neither description nor tags
 * (neutron/db/models/address_scope.py): our stamp ends its name until the commit.
 */
// biome-ignore format: a table is read by column
export const addressScope: Table = [
  { api: 'name',       field: 'name',       fate: 'carried', sent: 'with the stamp', default: '', read: unmarked, canonical: unmarked,
    accepts: anyValue },
  { api: 'ip_version', field: 'ip_version', fate: 'carried', sent: 'always' },
  { api: 'shared',     fate: 'mapped', why: 'a resource of its own: rbac_policy' },
  ...derived('the identity of the thing', 'id', 'tenant_id', 'project_id'),
];

/** Network API v2.0, "Show subnet pool". Neutron shows lengths of prefixes as text. */
// biome-ignore format: a table is read by column
export const subnetPool: Table = [
  name,
  ...described,
  { api: 'prefixes',          field: 'prefixes',          fate: 'carried', sent: 'always', canonical: ranges },
  { api: 'default_prefixlen', field: 'default_prefixlen', fate: 'carried', sent: 'always', read: Number, canonical: Number },
  { api: 'min_prefixlen',     field: 'min_prefixlen',     fate: 'carried', sent: 'always', read: Number, canonical: Number },
  { api: 'max_prefixlen',     field: 'max_prefixlen',     fate: 'carried', sent: 'always', read: Number, canonical: Number },
  { api: 'default_quota',     field: 'default_quota',     fate: 'carried', sent: 'unless default', default: null },
  { api: 'address_scope_id',  field: 'address_scope_id',  fate: 'carried', sent: 'unless default', default: null, refers: 'address_scope' },
  { api: 'is_default',        fate: 'told', why: 'only an admin may make a pool the default of a cloud' },
  { api: 'shared',            fate: 'mapped', why: 'a resource of its own: rbac_policy' },
  ...derived('from its prefixes', 'ip_version'),
  ...books,
];

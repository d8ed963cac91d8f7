import { derived, type Table } from './attribute.ts';
import { byName, lowerCase, unordered } from './canonical.ts';
import { anyValue } from './standard.ts';

/** Masters, sorted; Designate does not show the usual port. */
function masters(all: readonly string[]): string[] {
  return unordered(all.map((one) => one.replace(/:53$/, '')));
}

/** Which state the name servers have. */
const tracked = derived('how far a change has come', 'status', 'action', 'version', 'created_at', 'updated_at');

/**
 * DNS API, "Show a Zone". Its attributes cannot be changed later, and the scheduler chooses name
 * servers by them: no place for our stamp.
 */
// biome-ignore format: a table is read by column
export const dnsZone: Table = [
  { api: 'name',        field: 'name',        fate: 'carried', sent: 'always', canonical: lowerCase },
  { api: 'type',        field: 'type',        fate: 'carried', sent: 'always', default: 'PRIMARY' },
  { api: 'email',       field: 'email',       fate: 'carried', sent: 'if known', default: null },
  { api: 'ttl',         field: 'ttl',         fate: 'carried', sent: 'if known', default: null },
  { api: 'description', field: 'description', fate: 'carried', sent: 'unless default', default: '', accepts: anyValue },
  { api: 'masters',     field: 'masters',     fate: 'carried', sent: 'unless default', default: [], canonical: masters },
  { api: 'attributes',  field: 'attributes',  fate: 'carried', sent: 'unless default', default: {}, canonical: byName, accepts: anyValue },
  { api: 'shared',      fate: 'told', default: false, why: 'other projects that may use the zone are others at the destination' },
  ...derived('the destination’s own name servers', 'pool_id', 'transferred_at'),
  ...derived('each change raises it', 'serial'),
  ...derived('the identity of the zone', 'id', 'project_id', 'links'),
  ...tracked,
];

/** DNS API, "Show a Recordset". */
// biome-ignore format: a table is read by column
export const dnsRecordSet: Table = [
  { api: 'zone_id',     field: 'zone_id',     fate: 'mapped', refers: 'dns_zone', why: 'the zone it is part of' },
  { api: 'name',        field: 'name',        fate: 'carried', sent: 'always', canonical: lowerCase },
  { api: 'type',        field: 'type',        fate: 'carried', sent: 'always' },
  { api: 'ttl',         field: 'ttl',         fate: 'carried', sent: 'unless default', default: null },
  { api: 'description', field: 'description', fate: 'carried', sent: 'unless default', default: '', accepts: anyValue },
  { api: 'records',     field: 'records',     fate: 'carried', sent: 'always', default: [], canonical: unordered },
  ...derived('the identity of the record set', 'id', 'project_id', 'zone_name', 'links'),
  ...tracked,
];

import { derived, type Table } from './attribute.ts';
import { anyValue, books, described } from './standard.ts';

/**
 * Network API v2.0, "Show floating IP details". The plan maps the address; the port is associated
 * last.
 */
// biome-ignore format: a table is read by column
export const floatingIp: Table = [
  ...described,
  { api: 'floating_network_id', field: 'floating_network_id', fate: 'carried', sent: 'always', refers: 'network' },
  { api: 'floating_ip_address', field: 'floating_ip_address', fate: 'mapped' },
  { api: 'port_id',             field: 'port_id',             fate: 'mapped', default: null, refers: 'port' },
  { api: 'fixed_ip_address',    field: 'fixed_ip_address',    fate: 'mapped', default: null },
  { api: 'dns_name',            field: 'dns_name',            fate: 'carried', sent: 'unless default', default: '', needs: 'dns-integration',
    accepts: anyValue },
  { api: 'dns_domain',          field: 'dns_domain',          fate: 'carried', sent: 'unless default', default: '', needs: 'dns-integration',
    accepts: anyValue },
  { api: 'port_forwardings',    fate: 'mapped', why: 'resources of their own: port_forwarding' },
  { api: 'qos_policy_id', field: 'qos_policy_id', fate: 'carried', sent: 'unless default', default: null, refers: 'qos_policy',
    needs: 'qos-fip', accepts: anyValue },
  ...derived('from its port and its network', 'router_id', 'port_details', 'status', 'qos_network_policy_id', 'distributed'),
  ...books,
];

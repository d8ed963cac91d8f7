import { canonicalCidr } from '../../../ip.ts';
import { derived, type Table } from './attribute.ts';
import { ip, pools, routes, unordered } from './canonical.ts';
import { anyValue, books, described, name } from './standard.ts';

/** Network API v2.0, "Show subnet details". */
// biome-ignore format: a table is read by column
export const subnet: Table = [
  name,
  ...described,
  { api: 'network_id',           field: 'network_id',           fate: 'carried', sent: 'always', refers: 'network' },
  { api: 'ip_version',           field: 'ip_version',           fate: 'carried', sent: 'always' },
  { api: 'cidr',                 field: 'cidr',                 fate: 'carried', sent: 'always', canonical: canonicalCidr },
  { api: 'gateway_ip',           field: 'gateway_ip',           fate: 'carried', sent: 'always', canonical: ip },
  { api: 'enable_dhcp',          field: 'enable_dhcp',          fate: 'carried', sent: 'always' },
  // An empty list would mean "no addresses". Without pools in the document, the cloud chooses them.
  { api: 'allocation_pools',     field: 'allocation_pools',     fate: 'carried', sent: 'if known', default: [],
    keys: ['start', 'end'], canonical: pools },
  { api: 'dns_nameservers',      field: 'dns_nameservers',      fate: 'carried', sent: 'always', default: [] },
  { api: 'host_routes',          field: 'host_routes',          fate: 'carried', sent: 'always', default: [],
    keys: ['destination', 'nexthop'], canonical: routes },
  { api: 'ipv6_address_mode',    field: 'ipv6_address_mode',    fate: 'carried', sent: 'unless default', default: null },
  { api: 'ipv6_ra_mode',         field: 'ipv6_ra_mode',         fate: 'carried', sent: 'unless default', default: null },
  { api: 'service_types',        field: 'service_types',        fate: 'carried', sent: 'unless default', default: [],
    needs: 'subnet-service-types', canonical: unordered },
  { api: 'dns_publish_fixed_ip', field: 'dns_publish_fixed_ip', fate: 'carried', sent: 'unless default', default: false,
    needs: 'subnet-dns-publish-fixed-ip', accepts: anyValue },
  { api: 'subnetpool_id',        field: 'subnetpool_id',        fate: 'carried', sent: 'unless default', default: null,
    refers: 'subnet_pool', accepts: anyValue },
  { api: 'segment_id',           fate: 'told', why: 'segments of routed provider networks are not moved' },
  ...derived('that of its network', 'router:external', 'shared'),
  ...books,
];

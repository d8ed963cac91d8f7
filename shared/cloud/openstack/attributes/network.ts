import { derived, type Table } from './attribute.ts';
import { anyValue, books, described, name } from './standard.ts';

const hosts = 'each cloud chooses how it carries a network';

/** Network API v2.0, "Show network details". */
// biome-ignore format: a table is read by column
export const network: Table = [
  name,
  ...described,
  { api: 'admin_state_up',            field: 'admin_state_up',            fate: 'carried', sent: 'always', default: true },
  { api: 'mtu',                       field: 'mtu',                       fate: 'carried', sent: 'if known', default: null,
    needs: 'net-mtu-writable', accepts: anyValue },
  { api: 'port_security_enabled',     field: 'port_security_enabled',     fate: 'carried', sent: 'always', default: true,
    needs: 'port-security', vital: true },
  { api: 'dns_domain',                field: 'dns_domain',                fate: 'carried', sent: 'unless default', default: '',
    needs: 'dns-integration', accepts: anyValue },
  { api: 'router:external',           field: 'external',                  fate: 'mapped', default: false },
  { api: 'shared',                    field: 'shared',                    fate: 'mapped', default: false },
  { api: 'provider:network_type',     field: 'provider_network_type',     fate: 'derived', default: null, why: hosts },
  { api: 'provider:physical_network', field: 'provider_physical_network', fate: 'derived', default: null, why: hosts },
  { api: 'provider:segmentation_id',  field: 'provider_segmentation_id',  fate: 'derived', default: null, why: hosts },
  { api: 'qos_policy_id', field: 'qos_policy_id', fate: 'carried', sent: 'unless default', default: null, refers: 'qos_policy',
    needs: 'qos', accepts: anyValue },
  { api: 'availability_zone_hints',   fate: 'told', why: 'the zones of the two clouds have nothing in common' },
  { api: 'vlan_transparent',          fate: 'told', why: 'whether a network can carry tagged frames depends on the destination’s drivers' },
  { api: 'vlan_qinq',                 fate: 'told', why: 'whether a network can carry doubly tagged frames depends on the destination’s drivers' },
  { api: 'l2_adjacency',              fate: 'told', default: true, why: 'a routed provider network is created as one segment' },
  { api: 'segments',                  fate: 'told', why: 'only a cloud admin makes networks of several segments' },
  { api: 'is_default',                fate: 'derived', why: 'of external networks alone, which are mapped' },
  ...derived('that of the pools of its subnets', 'ipv4_address_scope', 'ipv6_address_scope'),
  ...derived('the state of the network', 'status', 'availability_zones', 'subnets'),
  ...books,
];

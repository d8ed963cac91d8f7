import { canonicalCidr } from '../../../ip.ts';
import { derived, type Table } from './attribute.ts';
import { anyValue, areOurs, books, described, name } from './standard.ts';

/** Network API v2.0, "Show security group". */
// biome-ignore format: a table is read by column
export const securityGroup: Table = [
  name,
  ...described,
  { api: 'stateful',             field: 'stateful', fate: 'carried', sent: 'unless default', default: true,
    needs: 'stateful-security-group', vital: true },
  { api: 'shared',               fate: 'mapped', why: 'a resource of its own: rbac_policy' },
  { api: 'security_group_rules', fate: 'mapped', why: 'resources of their own: security_group_rule' },
  ...books,
];

/** The content of a rule; Neutron allows no duplicates in a group. */
// biome-ignore format: a table is read by column
export const ruleContent: Table = [
  { api: 'direction',               field: 'direction',         fate: 'carried', sent: 'always' },
  { api: 'ethertype',               field: 'ethertype',         fate: 'carried', sent: 'always', default: 'IPv4' },
  { api: 'protocol',                field: 'protocol',          fate: 'carried', sent: 'always', default: null, canonical: protocol },
  { api: 'port_range_min',          field: 'port_range_min',    fate: 'carried', sent: 'always', default: null },
  { api: 'port_range_max',          field: 'port_range_max',    fate: 'carried', sent: 'always', default: null },
  { api: 'remote_ip_prefix',        field: 'remote_ip_prefix',  fate: 'carried', sent: 'always', default: null, canonical: prefix },
  { api: 'remote_group_id',         field: 'remote_group_id',   fate: 'carried', sent: 'always', default: null, refers: 'security_group' },
  { api: 'remote_address_group_id', field: 'remote_address_group_id', fate: 'carried', sent: 'unless default', default: null,
    refers: 'address_group' },
];

/** Network API v2.0, "Show security group rule". Rules accept no tags at creation. */
// biome-ignore format: a table is read by column
export const securityGroupRule: Table = [
  { api: 'description',             field: 'description',       fate: 'carried', sent: 'always', default: '', accepts: anyValue },
  { api: 'security_group_id',       field: 'security_group_id', fate: 'carried', sent: 'always', refers: 'security_group' },
  ...ruleContent,
  { api: 'tags',                    fate: 'told', why: 'the tags of rules are not moved', harmless: areOurs },
  ...derived('from the prefix', 'normalized_cidr'),
  ...derived('from the group', 'belongs_to_default_sg'),
  ...books,
];

/**
 * Protocols that Neutron accepts by name and by number (neutron-lib, constants `IP_PROTOCOL_MAP`);
 * both mean one rule.
 */
const numbers: Readonly<Record<string, string>> = {
  icmp: '1',
  igmp: '2',
  ipip: '4',
  tcp: '6',
  egp: '8',
  udp: '17',
  dccp: '33',
  rsvp: '46',
  gre: '47',
  esp: '50',
  ah: '51',
  'ipv6-icmp': '58',
  icmpv6: '58',
  ospf: '89',
  pgm: '113',
  vrrp: '112',
  sctp: '132',
  udplite: '136',
};

function protocol(name: string | null, rule: { readonly ethertype: string | null }): string | null {
  if (name === null || ['any', '0', ''].includes(name.toLowerCase())) return null;
  const lower = name.toLowerCase();
  // Neutron stores `icmp` for IPv6 as `ipv6-icmp`.
  return rule.ethertype === 'IPv6' && lower === 'icmp' ? '58' : (numbers[lower] ?? lower);
}

function prefix(remote: string | null): string | null {
  if (remote === null) return null;
  const cidr = canonicalCidr(remote);
  return cidr === '0.0.0.0/0' || cidr === '::/0' ? null : cidr;
}

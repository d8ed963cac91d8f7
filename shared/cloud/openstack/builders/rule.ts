import { canonicalCidr } from '../../../ip.ts';

/** What a rule says, wherever it stands. */
export interface RuleContent {
  readonly direction: string;
  readonly ethertype: string | null;
  readonly protocol: string | null;
  readonly port_range_min: number | null;
  readonly port_range_max: number | null;
  readonly remote_ip_prefix: string | null;
  readonly remote_group_id: string | null;
}

/** Protocols that Neutron takes by number as well as by name (neutron-lib, constants `IP_PROTOCOL_MAP`); both mean one rule. */
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

/** Whether two rules say the same: names and numbers of protocols, spellings of addresses and "from anywhere" count as equal. */
export function sameRule(a: RuleContent, b: RuleContent): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

function canonical(rule: RuleContent): unknown[] {
  const { direction, ethertype, port_range_min, port_range_max, remote_group_id } = rule;
  return [direction, ethertype ?? 'IPv4', protocolOf(rule), port_range_min, port_range_max, prefixOf(rule), remote_group_id];
}

function protocolOf({ protocol, ethertype }: RuleContent): string | null {
  if (protocol === null || ['any', '0', ''].includes(protocol.toLowerCase())) return null;
  const name = protocol.toLowerCase();
  // Neutron stores `icmp` for IPv6 as `ipv6-icmp`.
  return ethertype === 'IPv6' && name === 'icmp' ? '58' : (numbers[name] ?? name);
}

function prefixOf({ remote_ip_prefix }: RuleContent): string | null {
  if (remote_ip_prefix === null) return null;
  const cidr = canonicalCidr(remote_ip_prefix);
  return cidr === '0.0.0.0/0' || cidr === '::/0' ? null : cidr;
}

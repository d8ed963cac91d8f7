import { badRequest } from '../refusal.ts';
import { textOf } from '../text.ts';
import type { Check } from './attributes.ts';

/** Protocols by name and number (neutron_lib, IP_PROTOCOL_MAP). */
const numbers: Readonly<Record<string, number>> = {
  ah: 51,
  dccp: 33,
  egp: 8,
  esp: 50,
  gre: 47,
  hopopt: 0,
  icmp: 1,
  icmpv6: 58,
  igmp: 2,
  ip: 0,
  ipip: 4,
  'ipv6-encap': 41,
  'ipv6-frag': 44,
  'ipv6-icmp': 58,
  'ipv6-nonxt': 59,
  'ipv6-opts': 60,
  'ipv6-route': 43,
  ospf: 89,
  pgm: 113,
  rsvp: 46,
  sctp: 132,
  tcp: 6,
  udp: 17,
  udplite: 136,
  vrrp: 112,
};

/** A protocol by name or number; `any` is none. */
export const protocol: Check<string | null> = (value) => {
  const word = textOf(value).toLowerCase();
  if (value === null || word === 'any') return null;
  if (numbers[word] !== undefined || (/^\d+$/.test(word) && Number(word) <= 255)) return word;
  const names = Object.keys(numbers)
    .sort()
    .map((name) => `'${name}'`);
  throw badRequest(
    `Security group rule protocol ${word} not supported. Only protocol values [None, ${names.join(', ')}] and integer representations [0 to 255] are supported.`,
    'SecurityGroupRuleInvalidProtocol',
  );
};

/** The number of a protocol that is known to be one. */
export const protocolNumber = (word: string): number => numbers[word] ?? Number(word);

/** Whether a protocol has ports. */
export const hasPorts = (number: number): boolean => [6, 17, 33, 132, 136].includes(number);

/** Whether a protocol exists for IPv6 alone. */
export const isSixOnly = (number: number): boolean => [41, 43, 44, 58, 59, 60].includes(number);

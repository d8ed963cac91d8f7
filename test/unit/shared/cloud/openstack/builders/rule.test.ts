import { expect, test } from 'vitest';
import type { ApiThing } from '../../../../../../shared/cloud/openstack/api.ts';
import { sameRule } from '../../../../../../shared/cloud/openstack/builders/rule.ts';

const aRule = (fields: ApiThing): ApiThing => ({
  direction: 'ingress',
  ethertype: 'IPv4',
  protocol: null,
  port_range_min: null,
  port_range_max: null,
  remote_ip_prefix: null,
  remote_group_id: null,
  ...fields,
});

test.each<[string, ApiThing, ApiThing]>([
  ['a protocol by number', { protocol: '6' }, { protocol: 'tcp' }],
  ['a protocol in capitals', { protocol: 'UDP' }, { protocol: 'udp' }],
  ['any protocol', { protocol: 'any' }, { protocol: null }],
  ['an address without its mask', { remote_ip_prefix: '10.0.0.1' }, { remote_ip_prefix: '10.0.0.1/32' }],
  ['an unmasked range', { remote_ip_prefix: '10.0.0.9/8' }, { remote_ip_prefix: '10.0.0.0/8' }],
  ['anywhere', { remote_ip_prefix: '0.0.0.0/0' }, { remote_ip_prefix: null }],
  ['ICMP for IPv6', { ethertype: 'IPv6', protocol: 'icmp' }, { ethertype: 'IPv6', protocol: 'ipv6-icmp' }],
])('%s says the same', (_name, a, b) => {
  expect(sameRule(aRule(a), aRule(b))).toBe(true);
});

test.each<[string, ApiThing, ApiThing]>([
  ['another direction', { direction: 'egress' }, {}],
  ['another family', { ethertype: 'IPv6' }, {}],
  [
    'another port',
    { protocol: 'tcp', port_range_min: 80, port_range_max: 80 },
    { protocol: 'tcp', port_range_min: 80, port_range_max: 81 },
  ],
  ['an address group for anywhere', { remote_address_group_id: 'a' }, {}],
  ['a group for an address', { remote_group_id: 'g' }, { remote_ip_prefix: '10.0.0.0/8' }],
])('%s does not', (_name, a, b) => {
  expect(sameRule(aRule(a), aRule(b))).toBe(false);
});

import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { parseAddress } from '../../../../protocol/transport/address.ts';
import { dialableAt } from '../../../../receiver/control/dialable.ts';

const at = (address: string, internal = false): NetworkInterfaceInfo => {
  const rest = { address, netmask: '', mac: '', cidr: null, internal };
  return address.includes(':') ? { ...rest, family: 'IPv6', scopeid: 0 } : { ...rest, family: 'IPv4' };
};
const addresses = [
  ...[at('127.0.0.1', true), at('::1', true)],
  ...[at('192.0.2.10'), at('2001:db8::10'), at('fe80::1')],
  at('169.254.7.7'),
];

test('a receiver that listens everywhere is told by its name and by addresses that reach beyond the machine', () => {
  const machine = { name: 'cloud-b.example.org', addresses };
  expect(dialableAt('::', 9443, machine)).toEqual(['cloud-b.example.org', '192.0.2.10', '[2001:db8::10]']);
  expect(dialableAt('0.0.0.0', 7000, machine)).toEqual(['cloud-b.example.org:7000', '192.0.2.10:7000']);
});

test('a name without a domain is told only where there is no address', () => {
  expect(dialableAt('::', 9443, { name: 'node', addresses })).toEqual(['192.0.2.10', '[2001:db8::10]']);
  expect(dialableAt('::', 9443, { name: 'node', addresses: [] })).toEqual(['node']);
  expect(dialableAt('::', 9443, { name: 'node', addresses: null })).toEqual(['node']);
});

test('whatever is told can be dialled by the sender as it stands', () => {
  const told = [
    ...dialableAt('::', 7000, { name: 'b.example.org', addresses }),
    ...dialableAt('2001:db8::1', 9443),
    ...dialableAt('127.0.0.1', 1),
  ];
  expect(told.map((address) => parseAddress(address).host)).toEqual([
    'b.example.org',
    '192.0.2.10',
    '2001:db8::10',
    '2001:db8::1',
    '127.0.0.1',
  ]);
});

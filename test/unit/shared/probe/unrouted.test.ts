import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { isUnrouted } from '../../../../shared/probe/unrouted.ts';

const own = Object.values(networkInterfaces()).flatMap((of) => (of ?? []).map(({ address }) => address));

test.each([
  ...['169.254.169.254', '0.0.0.0', '::', 'fe80::1', '224.0.0.1', 'ff02::1', '255.255.255.255', '::ffff:169.254.169.254'],
  ...['127.0.0.1', '127.7.7.7', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', ...own],
])('no guest is at %s', (address) => {
  expect(isUnrouted(address)).toBe(true);
});

test.each(['10.0.0.5', '192.168.50.9', '172.24.4.9', '2001:db8::5', 'fd00::5', '::ffff:10.0.0.5'])(
  'a guest may be at %s',
  (address) => {
    expect(isUnrouted(address)).toBe(false);
  },
);

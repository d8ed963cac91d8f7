import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalCidr, canonicalIp, contains, formatIp, overlap, parseIp } from '../../../shared/ip.ts';

test('an address is read and written in one spelling', () => {
  expect(canonicalIp('2001:DB8:0:0::1')).toBe('2001:db8::1');
  expect(canonicalIp('::ffff:10.0.0.1')).toBe('::ffff:a00:1');
  expect(canonicalIp('10.0.0.1')).toBe('10.0.0.1');
  expect(canonicalIp('not an address')).toBe('not an address');
});

test('every address survives being read and written', () => {
  fc.assert(fc.property(fc.ipV4(), (ip) => formatIp(parseIp(ip) ?? { value: 0n, bits: 32 }) === ip));
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
      (value) => parseIp(formatIp({ value, bits: 128 }))?.value === value,
    ),
  );
});

test('a range is masked and has a length', () => {
  expect(canonicalCidr('10.1.2.3/16')).toBe('10.1.0.0/16');
  expect(canonicalCidr('10.1.2.3')).toBe('10.1.2.3/32');
  expect(canonicalCidr('2001:DB8::/32')).toBe('2001:db8::/32');
  expect(canonicalCidr('0.0.0.0/0')).toBe('0.0.0.0/0');
});

test('ranges overlap where they share an address', () => {
  expect(overlap('10.0.0.0/8', '10.9.0.0/16')).toBe(true);
  expect(overlap('10.0.0.0/24', '10.0.1.0/24')).toBe(false);
  expect(overlap('10.0.0.0/24', '2001:db8::/32')).toBe(false);
  expect(contains('192.168.0.0/24', '192.168.0.255')).toBe(true);
  expect(contains('192.168.0.0/24', '192.168.1.0')).toBe(false);
});

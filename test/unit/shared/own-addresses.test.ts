import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { ownAddresses } from '../../../shared/own-addresses.ts';

test('the addresses of this machine are told', () => {
  const told = ownAddresses()?.map(({ address }) => address) ?? [];
  expect(told).toContain('127.0.0.1');
  expect(told).toHaveLength(Object.values(networkInterfaces()).flat().length);
});

test('where a sandbox keeps them from the process none are known', () => {
  const refused = (): never => {
    throw new Error('uv_interface_addresses returned Unknown system error 97');
  };
  expect(ownAddresses(refused)).toBeNull();
});

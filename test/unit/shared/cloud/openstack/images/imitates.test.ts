import { expect, test } from 'vitest';
import { imitates } from '../../../../../../shared/cloud/openstack/images/imitates.ts';
import type { BlockSource } from '../../../../../../shared/disk/block-source.ts';

/** A disk of zeros with a few bytes at an offset. */
function aDisk(size: number, at = 0, bytes = Buffer.alloc(0)): BlockSource {
  const all = Buffer.alloc(size);
  bytes.copy(all, at);
  return { size, read: async (offset, length) => all.subarray(offset, offset + length), close: async () => undefined };
}

test.each([
  ['LUKS', 0, Buffer.from('4c554b53babe', 'hex')],
  ['qcow2', 0, Buffer.from('514649fb', 'hex')],
  ['VMDK', 0, Buffer.from('KDMV')],
  ['VHDX', 0, Buffer.from('vhdxfile')],
  ['VDI', 64, Buffer.from('7f10dabe', 'hex')],
  ['ISO 9660', 32_769, Buffer.from('CD001')],
])('a disk whose content is %s is taken for an image of that format', async (_name, at, bytes) => {
  expect(await imitates(aDisk(65_536, at, bytes))).toBe(true);
  expect(await imitates(aDisk(65_536, at + 1, bytes))).toBe(false);
});

test.each([
  ['with a partition table', 65_536, 510, Buffer.from('55aa', 'hex')],
  ['of zeros', 65_536, 0, Buffer.alloc(0)],
  ['of one sector', 512, 0, Buffer.from('a disk')],
  ['of four bytes', 4, 0, Buffer.from('LUKS')],
])('a disk %s is raw', async (_name, size, at, bytes) => {
  expect(await imitates(aDisk(size, at, bytes))).toBe(false);
});

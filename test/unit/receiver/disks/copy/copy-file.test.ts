import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Copy } from '../../../../../receiver/disks/copy/copy.ts';
import { aFolder } from '../../../../support/folder.ts';
import { someTools } from '../../../../support/offered.ts';

/** The files below a folder that this process holds open. */
async function openBelow(folder: string): Promise<string[]> {
  const links = await readdir('/proc/self/fd');
  const paths = await Promise.all(links.map((fd) => readlink(join('/proc/self/fd', fd)).catch(() => '')));
  return paths.filter((path) => path.startsWith(folder));
}

test('a copy whose file cannot have its length keeps no file open, so that a flood of such disks costs no descriptors', async () => {
  const folder = await aFolder();
  const shape = { size: Number.MAX_SAFE_INTEGER, blockSize: 2 ** 30, algorithm: 'sha256' } as const;
  await expect(Copy.open(join(folder, 'disk.part'), join(folder, 'disk'), shape, someTools())).rejects.toThrow();
  expect(await openBelow(folder)).toEqual([]);
});

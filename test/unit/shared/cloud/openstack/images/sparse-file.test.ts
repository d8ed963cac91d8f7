import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SparseFile } from '../../../../../../shared/cloud/openstack/images/sparse-file.ts';

const KiB = 1024;

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sparse-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('whatever is appended, however it is cut, is what the file holds', async () => {
  const run = fc.record({ zero: fc.boolean(), length: fc.integer({ min: 1, max: 200 * KiB }) });
  await inFolder(async (folder) => {
    await fc.assert(
      fc.asyncProperty(fc.array(run, { maxLength: 6 }), fc.integer({ min: 1, max: 150 * KiB }), async (runs, stride) => {
        const bytes = Buffer.concat(runs.map(({ zero, length }) => Buffer.alloc(length, zero ? 0 : 7)));
        const path = join(folder, 'disk');
        const file = await SparseFile.create(path);
        for (let start = 0; start < bytes.length; start += stride) await file.append(bytes.subarray(start, start + stride));
        await file.finish();
        expect((await readFile(path)).equals(bytes)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});

test('zeros take no room, also at the end', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'disk');
    const file = await SparseFile.create(path);
    await file.append(Buffer.alloc(64 * KiB, 1));
    for (let i = 0; i < 64; i++) await file.append(Buffer.alloc(1024 * KiB));
    await file.finish();
    const { size, blocks } = await stat(path);
    expect(size).toBe(64 * KiB + 64 * 1024 * KiB);
    expect(blocks * 512).toBeLessThan(1024 * KiB);
  });
});

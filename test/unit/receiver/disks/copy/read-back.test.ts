import { open, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Copy } from '../../../../../receiver/disks/copy/copy.ts';
import { ReadBack } from '../../../../../receiver/disks/copy/read-back.ts';
import { aCopy, aDisk, aNoise, type Offered, offered, pullerOf, someTools } from '../../../../support/offered.ts';

const blockSize = 4096;

/** A copy that was given all of a disk, which is flushed but not read back. */
async function aFlushedCopy(disk: Buffer): Promise<{ copy: Copy; path: string; offer: Offered }> {
  const offer = offered(disk);
  const { copy, path } = await aCopy(offer, someTools());
  await copy.take(0, offer.digests, pullerOf(copy, offer));
  await copy.flushes.now();
  return { copy, path, offer };
}

const verifiedOf = (copy: Copy): number[] =>
  Array.from({ length: copy.file.blocks.length }, (_, block) => block).filter((block) => copy.file.blocks.isVerified(block));

test('what was noted and flushed is verified once it is read back, the last short block too, and nothing else', async () => {
  const { copy } = await aFlushedCopy(aDisk('abcdef', blockSize, 100));
  const readBack = new ReadBack(copy.file);
  expect(verifiedOf(copy)).toEqual([]);
  readBack.note(0, 2);
  readBack.note(4, 2);
  const written = readBack.take();
  readBack.note(3, 1);
  await readBack.run(written);
  expect(verifiedOf(copy)).toEqual([0, 1, 4, 5]);
  await readBack.run(readBack.take());
  expect(verifiedOf(copy)).toEqual([0, 1, 3, 4, 5]);
  await copy.close();
});

test('a block that changed in the file is not verified, and the seal pulls it again and counts it as mended', async () => {
  const disk = aDisk('abcd', blockSize);
  const { copy, path, offer } = await aFlushedCopy(disk);
  const vandal = await open(path, 'r+');
  await vandal.write(Buffer.from('x'), 0, 1, 2 * blockSize + 7);
  await vandal.close();
  const readBack = new ReadBack(copy.file);
  readBack.note(0, 4);
  await readBack.run(readBack.take());
  expect(verifiedOf(copy)).toEqual([0, 1, 3]);
  expect(copy.counts()).toMatchObject({ pulled: 4, mended: 0 });
  await copy.verify(pullerOf(copy, offer));
  expect(verifiedOf(copy)).toEqual([0, 1, 2, 3]);
  expect(offer.pulled).toEqual([0, 1, 2, 3, 2]);
  expect(copy.counts()).toMatchObject({ pulled: 4, mended: 1 });
  await copy.close();
  expect((await readFile(path)).equals(disk)).toBe(true);
});

test('a block that was taken back since it was noted is not verified', async () => {
  const { copy } = await aFlushedCopy(aDisk('abc', blockSize));
  const readBack = new ReadBack(copy.file);
  readBack.note(0, 3);
  await copy.file.distrust([1]);
  await readBack.run(readBack.take());
  expect(verifiedOf(copy)).toEqual([0, 2]);
  await copy.close();
});

test('a block that was written anew while it was read is not verified', async () => {
  const { copy } = await aFlushedCopy(aDisk('abc', blockSize));
  const { workers } = copy.file;
  // The only thread has something else to do first, so that the reading waits for it.
  const ranges = Array.from({ length: 5000 }, () => [0, 3 * blockSize] as const);
  const busy = workers.run('pack', { parts: [{ from: { fd: copy.file.fd }, ranges }], level: 9 }, { turn: copy.file });
  const readBack = new ReadBack(copy.file);
  readBack.note(0, 3);
  const reading = readBack.run(readBack.take());
  await expect.poll(() => workers.load.working, { interval: 1 }).toBe(2);
  const other = offered(aDisk('z', blockSize)).digests;
  await copy.recorder.record(1, other, [0], 'pulled');
  readBack.note(1, 1);
  await Promise.all([reading, busy]);
  expect(verifiedOf(copy)).toEqual([0, 2]);
  await copy.close();
});

test('stop ends the reading and forgets what was noted, and what was not read is left to the seal', async () => {
  const count = 8 * 1024;
  const { copy, offer } = await aFlushedCopy(aNoise(count * blockSize));
  const readBack = new ReadBack(copy.file);
  readBack.note(0, count);
  const reading = readBack.run(readBack.take());
  await expect.poll(() => copy.file.blocks.isVerified(0), { interval: 1 }).toBe(true);
  readBack.note(count - 1, 1);
  await readBack.stop();
  await reading;
  const read = verifiedOf(copy);
  expect(read).toEqual(read.map((_, place) => place));
  expect(copy.file.blocks.isVerified(count - 1)).toBe(false);
  expect(readBack.take().blocks).toEqual([]);
  await copy.verify(pullerOf(copy, offer));
  expect(verifiedOf(copy)).toHaveLength(count);
  await copy.close();
});

test('what was taken before the reading was ended is not read any more', async () => {
  const { copy } = await aFlushedCopy(aDisk('abc', blockSize));
  const readBack = new ReadBack(copy.file);
  readBack.note(0, 3);
  const written = readBack.take();
  await readBack.stop();
  await readBack.run(written);
  expect(verifiedOf(copy)).toEqual([]);
  readBack.note(0, 1);
  await readBack.run(readBack.take());
  expect(verifiedOf(copy)).toEqual([0]);
  await copy.close();
});

test('a large disk is read back while it comes, so that part of it is verified before the seal is asked for', async () => {
  const large = 65_536;
  const pageBlocks = 64;
  const offer = offered(aNoise(144 * 1024 * 1024), { blockSize: large });
  const { copy } = await aCopy(offer, someTools());
  const puller = pullerOf(copy, offer);
  for (let first = 0; first < copy.file.blocks.length; first += pageBlocks)
    await copy.take(first, offer.digests.subarray(first * 32, (first + pageBlocks) * 32), puller);
  await expect.poll(() => verifiedOf(copy).length, { timeout: 30_000 }).toBeGreaterThan(0);
  await copy.verify(puller);
  expect(verifiedOf(copy)).toHaveLength(copy.file.blocks.length);
  expect(await copy.file.root()).toBe(offer.root);
  expect(copy.counts()).toMatchObject({ mended: 0 });
  await copy.close();
}, 60_000);

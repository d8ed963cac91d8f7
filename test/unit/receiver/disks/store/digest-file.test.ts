import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DigestFile } from '../../../../../receiver/disks/store/digest-file.ts';
import { aFolder } from '../../../../support/folder.ts';
import { markedIn } from '../../../../support/marked-in.ts';

test('the marks of 300,000 blocks are taken back at once, as a trim of a large disk does', async () => {
  const blocks = 300_000;
  const path = join(await aFolder(), 'disk');
  const shape = { size: blocks * 4096, blockSize: 4096, algorithm: 'sha256' } as const;
  const digests = await DigestFile.open(path, shape);
  digests.note(0, blocks - 1);
  await digests.flush(
    () => true,
    () => Promise.resolve(),
  );
  expect(markedIn(digests)).toHaveLength(blocks);
  const changed = new Set(Array.from({ length: blocks - 2 }, (_, at) => at + 1));
  await digests.unmark([...changed]);
  await digests.flush(
    (block) => !changed.has(block),
    () => Promise.resolve(),
  );
  expect(markedIn(digests)).toEqual([0, blocks - 1]);
  await digests.close();
  const again = await DigestFile.open(path, shape);
  expect(markedIn(again)).toEqual([0, blocks - 1]);
  await again.close();
});

test('marks near those that are taken back are back with the next flush, and marks elsewhere stay', async () => {
  const blocks = 10_000;
  const path = join(await aFolder(), 'disk');
  const digests = await DigestFile.open(path, { size: blocks * 4096, blockSize: 4096, algorithm: 'sha256' });
  const flush = (isKnown: (block: number) => boolean): Promise<void> => digests.flush(isKnown, () => Promise.resolve());
  digests.note(0, blocks - 1);
  await flush(() => true);
  await digests.unmark([5000]);
  expect(markedIn(digests)).toHaveLength(blocks - 4096);
  await flush((block) => block !== 5000);
  expect(markedIn(digests)).toHaveLength(blocks - 1);
  await digests.close();
});

test('two that take back marks of one stretch both wait until they are gone from the file', async () => {
  const path = join(await aFolder(), 'disk');
  const shape = { size: 64 * 4096, blockSize: 4096, algorithm: 'sha256' } as const;
  const digests = await DigestFile.open(path, shape);
  digests.note(0, 63);
  await digests.flush(
    () => true,
    () => Promise.resolve(),
  );
  const inFile = async (): Promise<number[]> => {
    const again = await DigestFile.open(path, shape);
    const marked = markedIn(again);
    await again.close();
    return marked;
  };
  expect(await Promise.all([digests.unmark([1]).then(inFile), digests.unmark([2]).then(inFile)])).toEqual([[], []]);
  await digests.close();
});

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
  await digests.unmark(Array.from({ length: blocks - 2 }, (_, at) => at + 1));
  expect(markedIn(digests)).toEqual([0, blocks - 1]);
  await digests.close();
  const again = await DigestFile.open(path, shape);
  expect(markedIn(again)).toEqual([0, blocks - 1]);
  await again.close();
});

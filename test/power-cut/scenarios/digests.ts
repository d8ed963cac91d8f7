import { join } from 'node:path';
import { DigestFile, type Shape } from '../../../receiver/disks/store/digest-file.ts';
import { blockCount } from '../../../shared/model/disk.ts';
import { markedIn } from '../../support/marked-in.ts';
import type { Scenario } from '../scenario.ts';

const shape: Shape = { size: 12 * 4096, blockSize: 4096, algorithm: 'sha256' };
const other: Shape = { ...shape, algorithm: 'blake3' };
const blocks = blockCount(shape.size, shape.blockSize);

const digestsOf = (letter: string, count: number): Buffer => Buffer.alloc(count * 32, letter);

async function mark(file: DigestFile, letter: string, first: number, count: number): Promise<void> {
  await file.write(first, digestsOf(letter, count));
  file.note(first, first + count - 1);
  await file.flush(
    (block) => block >= first && block < first + count,
    () => Promise.resolve(),
  );
}

/** The digests and marks of one copy, over a change of its algorithm, which keeps all lengths. */
export const digests: Scenario = {
  name: 'digests',
  lives: [
    async (state, say) => {
      const path = join(state, 'disk');
      const first = await DigestFile.open(path, shape);
      await mark(first, 'a', 0, 8);
      await first.close();
      say('other');
      const second = await DigestFile.open(path, other);
      await mark(second, 'b', 4, 8);
      await second.close();
      say('first again');
      const third = await DigestFile.open(path, shape);
      await mark(third, 'c', 0, 2);
    },
  ],
  check: async (state, said) => {
    const path = join(state, 'disk');
    const [is, letters] =
      said.length === 1
        ? [await DigestFile.shapeOf(path), { sha256: 'a', blake3: 'b' }]
        : [await DigestFile.shapeOf(path), { sha256: said.length > 1 ? 'c' : 'a', blake3: 'b' }];
    if (is === null) return [];
    const file = await DigestFile.open(path, is);
    const flaws: string[] = [];
    for (const block of markedIn(file)) {
      const digest = await file.read(block, 1);
      if (block >= blocks || !digest.equals(digestsOf(letters[is.algorithm], 1)))
        flaws.push(`the mark of block ${block} stands beside a digest that nobody wrote for ${is.algorithm}`);
    }
    await file.close();
    return flaws;
  },
};

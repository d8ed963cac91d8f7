import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { readWithProgress } from '../../../../receiver/bundle/read-with-progress.ts';
import { aBundle, inPieces, Rebuilder } from '../../../support/bundle.ts';

test('a reading whose end fails ends with that failure, after what it reported', async () => {
  const bundle = await aBundle([randomBytes(1000)]);
  const begin = (report: (news: string) => void) => ({
    visitor: new Rebuilder(),
    end: async () => {
      report('closing');
      throw new Error('A file cannot be closed.');
    },
  });
  const news = readWithProgress(inPieces(bundle), begin, new AbortController().signal);
  expect(await news.next()).toEqual({ done: false, value: 'closing' });
  await expect(news.next()).rejects.toThrow('A file cannot be closed.');
}, 10_000);

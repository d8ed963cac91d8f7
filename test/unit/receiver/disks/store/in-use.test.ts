import { expect, test } from 'vitest';
import { InUse } from '../../../../../receiver/disks/store/in-use.ts';

test('work that uses 20,000 files is counted for each of them until it has ended', async () => {
  const all = Array.from({ length: 20_000 }, () => new InUse());
  const gate = Promise.withResolvers<string>();
  const work = InUse.together(all, () => gate.promise);
  const ended: string[] = [];
  const last = all
    .at(-1)
    ?.ended()
    .then(() => ended.push('the last'));
  const first = all[0]?.ended().then(() => ended.push('the first'));
  await Promise.resolve();
  expect(ended).toEqual([]);
  gate.resolve('done');
  expect(await work).toBe('done');
  await Promise.all([first, last]);
  expect(ended.toSorted()).toEqual(['the first', 'the last']);
});

test('work that fails is counted no more, and its failure is told', async () => {
  const all = [new InUse(), new InUse()];
  await expect(InUse.together(all, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await Promise.all(all.map((one) => one.ended()));
});

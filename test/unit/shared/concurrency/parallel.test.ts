import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inParallel } from '../../../../shared/concurrency/parallel.ts';

test('no more items are worked on at once than the width, and every item is', async () => {
  const done: number[] = [];
  let atWork = 0;
  let most = 0;
  await inParallel([1, 2, 3, 4, 5], 2, async (item) => {
    atWork += 1;
    most = Math.max(most, atWork);
    await setImmediate();
    atWork -= 1;
    done.push(item);
  });
  expect(done).toEqual([1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});

test('after a failure no further item begins, and the failure is thrown once what is under way has ended', async () => {
  const ended: number[] = [];
  const running = inParallel([1, 2, 3, 4], 2, async (item) => {
    if (item === 1) throw new Error('broke');
    await setImmediate();
    ended.push(item);
  });
  await expect(running).rejects.toThrow('broke');
  expect(ended).toEqual([2]);
});

import { expect, test } from 'vitest';
import { Turns } from '../../../../shared/concurrency/one-at-a-time.ts';

const never = new AbortController().signal;

test('no more works run at once than there are turns, in the order in which they came', async () => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const ends = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const works = ends.map(({ promise }, index) =>
    turns.take(never, () => {
      begun.push(index);
      return promise;
    }),
  );
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  ends[1]?.resolve();
  await works[1];
  expect(begun).toEqual([0, 1, 2]);
  for (const { resolve } of ends) resolve();
  await Promise.all(works);
  expect(begun).toEqual([0, 1, 2, 3]);
});

test('a work that fails gives its turn away, and one that is cancelled while it waits is never begun', async () => {
  const turns = new Turns(1);
  const first = Promise.withResolvers<void>();
  const cancelled = new AbortController();
  const running = turns.take(never, () => first.promise);
  const waiting = turns.take(cancelled.signal, async () => 'begun');
  const last = turns.take(never, async () => 'last');
  cancelled.abort(new Error('not wanted any more'));
  await expect(waiting).rejects.toThrow('not wanted any more');
  first.reject(new Error('broke'));
  await expect(running).rejects.toThrow('broke');
  expect(await last).toBe('last');
  await expect(turns.take(cancelled.signal, async () => 'begun')).rejects.toThrow('not wanted any more');
});

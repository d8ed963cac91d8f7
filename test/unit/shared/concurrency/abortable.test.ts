import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { abortable } from '../../../../shared/concurrency/abortable.ts';

test('the first signal to abort ends the wait with its reason, and nothing stays behind on the others', async () => {
  const one = new AbortController();
  const other = new AbortController();
  const wait = abortable<void>([one.signal, other.signal], () => undefined);
  other.abort(new Error('the second'));
  one.abort(new Error('too late'));
  await expect(wait).rejects.toThrow('the second');
  expect(getEventListeners(one.signal, 'abort')).toEqual([]);
});

test('where a signal is aborted already the wait is not begun', async () => {
  let isBegun = false;
  const wait = abortable<void>([AbortSignal.abort(new Error('before'))], () => {
    isBegun = true;
  });
  await expect(wait).rejects.toThrow('before');
  expect(isBegun).toBe(false);
});

test('a wait that is over leaves nothing on signals that live longer', async () => {
  const { signal } = new AbortController();
  expect(await abortable<number>([signal], (resolve) => resolve(7))).toBe(7);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

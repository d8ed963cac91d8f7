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

test('what an aborted wait began is stopped once, before the reason is thrown', async () => {
  const giving = new AbortController();
  const stops: string[] = [];
  const wait = abortable<void>(
    [giving.signal],
    () => undefined,
    () => stops.push('stopped'),
  ).catch((error: Error) => stops.push(error.message));
  giving.abort(new Error('enough'));
  await wait;
  expect(stops).toEqual(['stopped', 'enough']);
});

test('what has come is not stopped by an abort before the caller goes on', async () => {
  const giving = new AbortController();
  let isStopped = false;
  const wait = abortable<string>(
    [giving.signal],
    (resolve) => resolve('a socket'),
    () => {
      isStopped = true;
    },
  );
  giving.abort(new Error('too late'));
  expect([await wait, isStopped]).toEqual(['a socket', false]);
});

import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Condition } from '../../../../shared/concurrency/condition.ts';

test('callers are woken one by one in the order they came, or all at once', async () => {
  const condition = new Condition();
  const woken: number[] = [];
  const waits = [0, 1, 2, 3].map((index) => condition.wait().then(() => void woken.push(index)));
  expect(condition.notifyOne()).toBe(true);
  expect(condition.notifyOne()).toBe(true);
  await setImmediate();
  expect(woken).toEqual([0, 1]);
  condition.notifyAll();
  await Promise.all(waits);
  expect(woken).toEqual([0, 1, 2, 3]);
  expect(condition.isIdle).toBe(true);
  expect(condition.notifyOne()).toBe(false);
});

test('a wait whose signal aborts throws the reason, and takes no notification from the others', async () => {
  const condition = new Condition();
  const aborted = new AbortController();
  const first = condition.wait([aborted.signal]);
  const second = condition.wait();
  aborted.abort(new Error('not wanted any more'));
  await expect(first).rejects.toThrow('not wanted any more');
  condition.notifyOne();
  await second;
});

test('a caller that waits again while all are woken is not woken twice', async () => {
  const condition = new Condition();
  let again: Promise<void> | undefined;
  const first = condition.wait().then(() => {
    again = condition.wait();
  });
  condition.notifyAll();
  await first;
  expect(condition.isIdle).toBe(false);
  condition.notifyAll();
  await again;
});

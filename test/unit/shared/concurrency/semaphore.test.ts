import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Semaphore } from '../../../../shared/concurrency/semaphore.ts';

const never = new AbortController().signal;

test('no more tasks run at once than there are places, in the order in which they came', async () => {
  const places = new Semaphore(2);
  const begun: number[] = [];
  const ends = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const tasks = ends.map(({ promise }, index) =>
    places.run(() => {
      begun.push(index);
      return promise;
    }, never),
  );
  await setImmediate();
  expect(begun).toEqual([0, 1]);
  ends[1]?.resolve();
  await tasks[1];
  await setImmediate();
  expect(begun).toEqual([0, 1, 2]);
  for (const { resolve } of ends) resolve();
  await Promise.all(tasks);
  expect(begun).toEqual([0, 1, 2, 3]);
});

test('a work that fails gives its place away, and one that is cancelled while it waits is never begun', async () => {
  const places = new Semaphore(1);
  const first = Promise.withResolvers<void>();
  const cancelled = new AbortController();
  const running = places.run(() => first.promise, never);
  const waiting = places.run(async () => 'begun', cancelled.signal);
  const last = places.run(async () => 'last', never);
  cancelled.abort(new Error('not wanted any more'));
  await expect(waiting).rejects.toThrow('not wanted any more');
  first.reject(new Error('broke'));
  await expect(running).rejects.toThrow('broke');
  expect(await last).toBe('last');
  await expect(places.run(async () => 'begun', cancelled.signal)).rejects.toThrow('not wanted any more');
});

test('places are given in order, one who waits aside leaves his, and gets the next one when he comes back', async () => {
  const places = new Semaphore(1);
  const said: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = places.run(async (aside) => {
    said.push('first waits');
    await aside(() => gate.promise);
    said.push('first is back');
  });
  const second = places.run(async () => {
    said.push('second works');
    gate.resolve();
    await setImmediate();
    said.push('second is done');
  });
  const third = places.run(async () => void said.push('third works'));
  await Promise.all([first, second, third]);
  expect(said).toEqual(['first waits', 'second works', 'second is done', 'first is back', 'third works']);
});

test('those who come back from waiting at once are served in the order in which they first came, before those who never did', async () => {
  const places = new Semaphore(1);
  const said: number[] = [];
  const gates = [1, 2, 3].map(() => Promise.withResolvers<void>());
  const waiting = gates.map(({ promise }, index) =>
    places.run((aside) => aside(() => promise).then(() => void said.push(index))),
  );
  const busy = Promise.withResolvers<void>();
  const holder = places.run(() => busy.promise);
  const late = places.run(async () => void said.push(9));
  await setImmediate();
  for (const { resolve } of gates.toReversed()) {
    resolve();
    await setImmediate();
  }
  busy.resolve();
  await Promise.all([...waiting, holder, late]);
  expect(said).toEqual([0, 1, 2, 9]);
});

test('a place is free again after work that failed', async () => {
  const places = new Semaphore(1);
  await expect(places.run(() => Promise.reject(new Error('No.')))).rejects.toThrow('No.');
  expect(await places.run(async () => 'yes')).toBe('yes');
});

test('a place that is handed over is not lost when the wait is aborted in the same moment', async () => {
  const places = new Semaphore(1);
  await places.enter([]);
  const aborted = new AbortController();
  const next = places.enter([aborted.signal]);
  places.leave();
  aborted.abort(new Error('not wanted any more'));
  await next;
  places.leave();
  expect(await places.run(async () => 'free')).toBe('free');
});

import { expect, test } from 'vitest';
import { within } from '../../../../shared/concurrency/within.ts';

test('work is waited for no longer than the limit, and goes on', async () => {
  const work = Promise.withResolvers<void>();
  await within(5, work.promise);
  work.resolve();
  await work.promise;
});

test('work that fails before the limit fails the wait', async () => {
  await expect(within(60_000, Promise.reject(new Error('broke')))).rejects.toThrow('broke');
});

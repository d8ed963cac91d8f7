import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { Changes } from '../../../../sender/control/changes.ts';

test('a watcher is woken by the next change, and nothing stays behind on its signal', async () => {
  const changes = new Changes();
  const watcher = new AbortController();
  const woken = changes.wait(watcher.signal);
  changes.notify();
  await woken;
  expect(getEventListeners(watcher.signal, 'abort')).toEqual([]);
});

test('a watcher that leaves is waited for no longer', async () => {
  const watcher = new AbortController();
  const woken = new Changes().wait(watcher.signal);
  watcher.abort(new Error('The watcher has left.'));
  expect(await woken).toBe(undefined);
});

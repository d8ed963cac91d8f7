import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Window } from '../../../receiver/disks/window.ts';

const { signal } = new AbortController();

test('a window is shared for as long as several disks pull through it, and a second longer', async () => {
  const window = new Window(100);
  const [one, other] = [{}, {}];
  await window.enter(1, one, signal);
  await window.enter(1, one, signal);
  expect(window.isShared).toBe(false);
  await window.enter(1, other, signal);
  expect(window.isShared).toBe(true);
  await sleep(500);
  await window.enter(1, one, signal);
  await sleep(700);
  expect(window.isShared).toBe(true);
  await sleep(400);
  expect(window.isShared).toBe(false);
});

import { expect, onTestFinished, test, vi } from 'vitest';
import { Window } from '../../../../../receiver/disks/pull/window.ts';

const { signal } = new AbortController();

test('a window is shared for as long as several disks pull through it, and a second longer', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const window = new Window(100);
  const one = {};
  const other = {};
  await window.enter(1, one, signal);
  await window.enter(1, one, signal);
  expect(window.isShared).toBe(false);
  await window.enter(1, other, signal);
  expect(window.isShared).toBe(true);
  vi.advanceTimersByTime(500);
  await window.enter(1, one, signal);
  vi.advanceTimersByTime(700);
  expect(window.isShared).toBe(true);
  vi.advanceTimersByTime(400);
  expect(window.isShared).toBe(false);
});

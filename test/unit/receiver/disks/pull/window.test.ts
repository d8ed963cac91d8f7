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

test('sessions share a window, and a session that has nothing requested waits for the others a moment only', async () => {
  const all = new Window(10);
  const [greedy, other] = [new Window(100, all), new Window(100, all)];
  await greedy.enter(5, greedy, signal);
  await greedy.enter(5, greedy, signal);
  let isIn = false;
  const waiting = greedy.enter(5, greedy, signal).then(() => {
    isIn = true;
  });
  await other.enter(5, other, signal);
  expect(isIn).toBe(false);
  const giving = new AbortController();
  const second = other.enter(5, other, giving.signal);
  giving.abort(new Error('enough'));
  await expect(second).rejects.toThrow('enough');
  greedy.leave(5);
  other.leave(5);
  greedy.leave(5);
  await waiting;
  expect(isIn).toBe(true);
});

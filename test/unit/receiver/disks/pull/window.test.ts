import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Window } from '../../../../../receiver/disks/pull/window.ts';

const { signal } = new AbortController();
const MiB = 1024 * 1024;

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

test('a window is wider the more lanes the answers come over, up to what the operator allows', async () => {
  let lanes = 1;
  const most = 64 * MiB;
  const window = new Window(most, () => lanes);
  const owner = {};
  for (let mebibytes = 0; mebibytes < 24; mebibytes += 4) await window.enter(4 * MiB, owner, signal);
  let entered = false;
  const waiting = window.enter(4 * MiB, owner, signal).then(() => {
    entered = true;
  });
  await setImmediate();
  expect(entered).toBe(false);
  lanes = 2;
  window.leave(0);
  await waiting;
  for (let mebibytes = 28; mebibytes < 40; mebibytes += 4) await window.enter(4 * MiB, owner, signal);
  lanes = 32;
  for (let mebibytes = 40; mebibytes < 64; mebibytes += 4) await window.enter(4 * MiB, owner, signal);
  await expect(window.enter(1, owner, AbortSignal.timeout(20))).rejects.toThrow();
});

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

test('sessions share a window, and a session that has nothing requested waits for the others a moment only', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const all = new Window(10);
  const [greedy, other] = [new Window(100, () => 1, all), new Window(100, () => 1, all)];
  await greedy.enter(5, greedy, signal);
  await greedy.enter(5, greedy, signal);
  let isIn = false;
  const waiting = greedy.enter(5, greedy, signal).then(() => {
    isIn = true;
  });
  const first = other.enter(5, other, signal);
  await vi.advanceTimersByTimeAsync(10_000);
  await first;
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

test('a session of whose pulls none is let in gets one of them in within 10 s, however long another does not answer', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const all = new Window(10);
  const [silent, other] = [new Window(100, () => 1, all), new Window(100, () => 1, all)];
  await other.enter(5, other, signal);
  await silent.enter(5, silent, signal);
  const next = silent.enter(5, silent, signal);
  let entered = 0;
  const count = (): void => {
    entered += 1;
  };
  const waiting = [other.enter(5, other, signal).then(count), other.enter(5, other, signal).then(count)];
  await vi.advanceTimersByTimeAsync(60_000);
  expect(entered).toBe(0);
  // The room goes to who waits longest, and the other session has nothing from now on.
  other.leave(5);
  await next;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(entered).toBe(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(entered).toBe(1);
  other.leave(5);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(entered).toBe(2);
  await Promise.all(waiting);
  expect(vi.getTimerCount()).toBe(0);
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

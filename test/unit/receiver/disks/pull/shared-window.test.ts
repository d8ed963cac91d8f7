import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { limits } from '../../../../../protocol/limits.ts';
import { type Share, SharedWindow } from '../../../../../receiver/disks/pull/shared-window.ts';
import { Window } from '../../../../../receiver/disks/pull/window.ts';

const { signal } = new AbortController();

/** Has a session ask for so many pulls of one byte; returns how many are let in, at any time. */
function ask(share: Share, pulls: number, until = signal): () => number {
  let entered = 0;
  for (let pull = 0; pull < pulls; pull += 1)
    void share.enter(1, until).then(
      () => {
        entered += 1;
      },
      () => undefined,
    );
  return () => entered;
}

test('a session that is alone gets a third, and all sessions of one peer get a half', async () => {
  const window = new SharedWindow(300);
  const alone = ask(window.shareOf('one'), 101);
  await setImmediate();
  expect(alone()).toBe(100);
  const others = Array.from({ length: 10 }, () => ask(window.shareOf('one'), 60));
  await setImmediate();
  expect(alone() + others.reduce((sum, entered) => sum + entered(), 0)).toBe(150);
});

test('however many sessions of a peer do not answer, another peer keeps half of what it has alone', async () => {
  const window = new SharedWindow(300);
  for (let session = 0; session < 10; session += 1) ask(window.shareOf('silent'), 110);
  const other = window.shareOf('other');
  const entered = ask(other, 70);
  await setImmediate();
  expect(entered()).toBe(50);
  // What is answered makes room at once.
  for (let pull = 0; pull < 10; pull += 1) other.leave(1);
  await setImmediate();
  expect(entered()).toBe(60);
});

test('a session that does not answer leaves half to the other sessions of its peer', async () => {
  const window = new SharedWindow(300);
  ask(window.shareOf('one'), 110);
  const entered = ask(window.shareOf('one'), 60);
  await setImmediate();
  expect(entered()).toBe(50);
});

test('while many sessions pull, or some wait, further pulls are a quarter as long', async () => {
  const all = new SharedWindow(300);
  const window = new Window(2 ** 30, () => 32, all.shareOf('one'));
  expect(window.pullBytes).toBe(limits.frameBytes);
  const ends = new AbortController();
  ask(all.shareOf('other'), 300, ends.signal);
  expect(window.pullBytes).toBe(limits.frameBytes / 4);
  ends.abort();
  await setImmediate();
  expect(window.pullBytes).toBe(limits.frameBytes);
  const others = Array.from({ length: 4 }, () => all.shareOf('third'));
  for (const share of others) ask(share, 1);
  await setImmediate();
  expect(window.pullBytes).toBe(limits.frameBytes / 4);
  others[0]?.leave(1);
  expect(window.pullBytes).toBe(limits.frameBytes);
});

test('a session that holds nothing gets one pull in within 10 s, whatever the others hold', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const window = new SharedWindow(1);
  const silent = window.shareOf('silent');
  const other = window.shareOf('other');
  await silent.enter(5, signal);
  const ends = new AbortController();
  const entered = ask(other, 2, ends.signal);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(entered()).toBe(0);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(entered()).toBe(1);
  other.leave(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(entered()).toBe(2);
  const given = other.enter(1, ends.signal);
  ends.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  expect(vi.getTimerCount()).toBe(0);
});

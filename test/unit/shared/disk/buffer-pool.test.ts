import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { BufferPool, type PageBuffer } from '../../../../shared/disk/buffer-pool.ts';
import { problemOf } from '../../../support/folder.ts';

const { signal } = new AbortController();

test('a slot that comes back goes to whoever waits and holds the fewest, not to whoever asked first', async () => {
  const slots = new BufferPool(3);
  const [greedy, modest] = [{}, {}];
  const held = [await slots.take(greedy, signal), await slots.take(greedy, signal), await slots.take(greedy, signal)];
  const order: string[] = [];
  const waiting = [
    slots.take(greedy, signal).then(() => order.push('greedy')),
    slots.take(modest, signal).then(() => order.push('modest')),
  ];
  held[0]?.release();
  held[0]?.release();
  await waiting[1];
  expect(order).toEqual(['modest']);
  held[1]?.release();
  await waiting[0];
  expect(order).toEqual(['modest', 'greedy']);
  expect(slots.taken).toBe(3);
});

test('of two that want all slots the one that came first gets more, and the other its share', async () => {
  const slots = new BufferPool(8);
  const [first, second] = [{ held: [] as PageBuffer[] }, { held: [] as PageBuffer[] }];
  const want = (owner: { held: PageBuffer[] }): void => void slots.take(owner, signal).then((slot) => owner.held.push(slot));
  for (let n = 0; n < 8; n += 1) want(first);
  for (let n = 0; n < 8; n += 1) want(second);
  await setImmediate();
  expect(second.held).toHaveLength(0);
  for (let n = 0; n < 100; n += 1) {
    const [giver] = n % 2 === 0 || second.held.length === 0 ? [first] : [second];
    giver.held.shift()?.release();
    want(giver);
    await setImmediate();
  }
  expect([first.held.length, second.held.length]).toEqual([6, 2]);
});

test('a wait for a slot that is given up takes none', async () => {
  const slots = new BufferPool(1);
  const one = await slots.take({}, signal);
  const over = new AbortController();
  const waiting = slots.take({}, over.signal);
  over.abort(new Error('The disk is not wanted any more.'));
  expect((await problemOf(waiting)).message).toContain('not wanted');
  one.release();
  expect(slots.taken).toBe(0);
  expect((await slots.take({}, signal)).memory.byteLength).toBeGreaterThan(0);
});

test('one who takes slot after slot, one at a time, is given the same memory', async () => {
  const slots = new BufferPool(2);
  const first = await slots.take({}, signal);
  first.release();
  const second = await slots.take({}, signal);
  second.release();
  expect(second.memory).toBe(first.memory);
});

test('memory waits for the next disk, and all but one page of it goes when none comes for ten seconds', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const slots = new BufferPool(2);
  const both = async (): Promise<Set<SharedArrayBuffer>> => {
    const held = [await slots.take({}, signal), await slots.take({}, signal)];
    for (const slot of held) slot.release();
    return new Set(held.map(({ memory }) => memory));
  };
  const first = await both();
  vi.advanceTimersByTime(9000);
  expect(await both()).toEqual(first);
  vi.advanceTimersByTime(9000);
  expect(await both()).toEqual(first);
  vi.advanceTimersByTime(10_000);
  const later = await both();
  expect([...later].filter((memory) => first.has(memory))).toHaveLength(1);
});

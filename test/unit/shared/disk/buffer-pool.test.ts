import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { BufferPool, type PageBuffer } from '../../../../shared/disk/buffer-pool.ts';
import { problemOf } from '../../../support/folder.ts';

const { signal } = new AbortController();

test('a buffer that comes back goes to whoever waits and holds the fewest, not to whoever asked first', async () => {
  const buffers = new BufferPool(3);
  const greedy = {};
  const modest = {};
  const held = [await buffers.take(greedy, signal), await buffers.take(greedy, signal), await buffers.take(greedy, signal)];
  const order: string[] = [];
  const waiting = [
    buffers.take(greedy, signal).then(() => order.push('greedy')),
    buffers.take(modest, signal).then(() => order.push('modest')),
  ];
  held[0]?.release();
  held[0]?.release();
  await waiting[1];
  expect(order).toEqual(['modest']);
  held[1]?.release();
  await waiting[0];
  expect(order).toEqual(['modest', 'greedy']);
  expect(buffers.taken).toBe(3);
});

test('of two that want all buffers the one that came first gets more, and the other its share', async () => {
  const buffers = new BufferPool(8);
  const first = { held: [] as PageBuffer[] };
  const second = { held: [] as PageBuffer[] };
  const want = (owner: { held: PageBuffer[] }): void =>
    void buffers.take(owner, signal).then((buffer) => owner.held.push(buffer));
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

test('a wait for a buffer that is given up takes none', async () => {
  const buffers = new BufferPool(1);
  const one = await buffers.take({}, signal);
  const over = new AbortController();
  const waiting = buffers.take({}, over.signal);
  over.abort(new Error('The disk is not wanted any more.'));
  expect((await problemOf(waiting)).message).toContain('not wanted');
  one.release();
  expect(buffers.taken).toBe(0);
  expect((await buffers.take({}, signal)).memory.byteLength).toBeGreaterThan(0);
});

test('one who takes buffer after buffer, one at a time, is given the same memory', async () => {
  const buffers = new BufferPool(2);
  const first = await buffers.take({}, signal);
  first.release();
  const second = await buffers.take({}, signal);
  second.release();
  expect(second.memory).toBe(first.memory);
});

test('memory waits for the next disk, and all but one page of it goes when none comes for ten seconds', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const buffers = new BufferPool(2);
  const both = async (): Promise<Set<SharedArrayBuffer>> => {
    const held = [await buffers.take({}, signal), await buffers.take({}, signal)];
    for (const buffer of held) buffer.release();
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

test('a line that holds more is given more buffers, and takes no more than its number when it holds less', async () => {
  const buffers = new BufferPool(2);
  const owner = {};
  const held = await Promise.all(Array.from({ length: 5 }, () => buffers.take(owner, signal, 3)));
  expect(buffers.taken).toBe(5);
  let isGiven = false;
  const waiting = buffers.take(owner, signal).then((buffer) => {
    isGiven = true;
    return buffer;
  });
  for (const buffer of held.slice(0, 3)) buffer.release();
  await setImmediate();
  expect([buffers.taken, isGiven]).toEqual([2, false]);
  held[3]?.release();
  await waiting;
  expect(buffers.taken).toBe(2);
});

test('what one owner holds beyond the usual number keeps no other from its share', async () => {
  const buffers = new BufferPool(4);
  const fast = { held: [] as PageBuffer[] };
  const want = (): void => void buffers.take(fast, signal, 12).then((buffer) => fast.held.push(buffer));
  for (let n = 0; n < 20; n += 1) want();
  await setImmediate();
  expect(buffers.taken).toBe(16);
  const stopped = buffers.take({}, signal);
  fast.held.shift()?.release();
  expect((await stopped).memory.byteLength).toBeGreaterThan(0);
  expect(buffers.taken).toBe(16);
});

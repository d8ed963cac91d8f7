import { describe, expect, test } from 'vitest';
import { Levels, type LineUse } from '../../../../sender/disks/levels.ts';

const MiB = 1024 * 1024;
const frame = 4 * MiB;

/** Milliseconds of one thread for a MiB of a Debian disk, and what is left of it, by level. */
const costs: Readonly<Record<number, number>> = { 0: 0.3, 1: 2.2, 3: 4.2, 9: 12 };
const ratios: Readonly<Record<number, number>> = { 0: 1, 1: 0.35, 3: 0.305, 9: 0.282 };

/** A link and a machine in a world with a clock of its own. */
class World {
  readonly #threads: number;
  readonly #slower: number;
  readonly #levels: Levels;
  #now = 0;
  #wire: LineUse = { arrivedBytes: 0, busyMs: 0 };

  constructor({ threads = 2, slower = 1 } = {}) {
    this.#threads = threads;
    this.#slower = slower;
    this.#levels = new Levels(threads, () => this.#now);
  }

  /**
   * Sends frames over a link of so many bytes per second, waiting a while before each; returns the
   * level of each.
   */
  send(link: number, { frames = 200, rawBytes = frame, waitMs = 0 } = {}): number[] {
    return Array.from({ length: frames }, () => {
      const level = this.#levels.next(this.#wire, rawBytes);
      const length = Math.floor(rawBytes * (ratios[level] ?? 1));
      const wireMs = (length / link) * 1000;
      const workMs = ((costs[level] ?? 0) * this.#slower * rawBytes) / MiB;
      this.#levels.learn(level, { rawBytes, workMs });
      this.#now += Math.max(workMs / this.#threads, wireMs) + waitMs;
      this.#wire = { arrivedBytes: this.#wire.arrivedBytes + length, busyMs: this.#wire.busyMs + wireMs };
      return level;
    });
  }

  /** A connection that is new counts from nothing. */
  reconnect(): void {
    this.#wire = { arrivedBytes: 0, busyMs: 0 };
  }
}

/** The levels of the second half. */
function settled(levels: readonly number[]): number[] {
  return [...new Set(levels.slice(levels.length / 2))];
}

describe('the level of compression', () => {
  test.each([
    ['9 on a line of 100 Mbit/s', 12e6, 9],
    ['3 on a line of 400 Mbit/s', 48e6, 3],
    ['1 on a line of 1 Gbit/s', 117e6, 1],
    ['none on a line that outruns compression', 1e9, 0],
  ])('is %s, for two threads', (_, link, level) => {
    expect(settled(new World().send(link))).toEqual([level]);
  });

  test('is higher where more threads pack', () => {
    expect(settled(new World({ threads: 4 }).send(117e6))).toEqual([3]);
  });

  test('is lower where threads are slow, but never none because of that', () => {
    expect(settled(new World({ slower: 4 }).send(12e6))).toEqual([3]);
    expect(settled(new World({ slower: 10 }).send(12e6))).toEqual([1]);
    expect(settled(new World({ slower: 10 }).send(117e6))).toEqual([1]);
  });

  test('is that of a slow line before a hundredth of a disk has crossed it', () => {
    expect(new World().send(12e6, { frames: 5 }).at(-1)).toBe(9);
  });

  test('is 1 at most on a line that idles for more than a fifth of the time, however slow it is', () => {
    const world = new World();
    expect(settled(world.send(12e6, { waitMs: 100 }))).toEqual([1]);
    expect(settled(world.send(12e6))).toEqual([9]);
  });

  test('follows the line, whatever was carried before', () => {
    const world = new World();
    for (const [link, level] of [
      [1e9, 0],
      [12e6, 9],
      [1e9, 0],
    ] as const)
      expect(settled(world.send(link))).toEqual([level]);
  });

  test('is 1 for small frames, and what those seem to say of a slow line is not believed', () => {
    const world = new World();
    world.send(12e6);
    // Each fits the bucket of a shaper, and is through at once.
    expect(world.send(190e6, { frames: 2000, rawBytes: 30_000, waitMs: 12 }).at(-1)).toBe(1);
    const after = world.send(12e6, { frames: 20 });
    expect(Math.min(...after)).toBe(1);
    expect(after.at(-1)).toBe(9);
  });

  test('does not follow a single burst', () => {
    const world = new World();
    world.send(117e6);
    expect(world.send(400e6, { frames: 4 })).not.toContain(0);
  });

  test('goes on as it was when the connection is a new one', () => {
    const world = new World();
    world.send(12e6);
    world.reconnect();
    expect(new Set(world.send(12e6))).toEqual(new Set([9]));
  });
});

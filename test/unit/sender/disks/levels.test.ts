import { describe, expect, test } from 'vitest';
import { Levels } from '../../../../sender/disks/levels.ts';

const MiB = 1024 * 1024;
const frame = 4 * MiB;

/**
 * A link and a machine in a world with a clock of its own: how long frames really take, and what
 * they become.
 */
interface World {
  /** Bytes per second. */
  readonly link: number;
  readonly threads: number;
  /** Milliseconds of one thread for a MiB, and what is left of it, by level. */
  readonly cost: Readonly<Record<number, number>>;
  readonly ratio: Readonly<Record<number, number>>;
  /**
   * Milliseconds for a MiB that the other side needs for raw frames, and for packed ones; less than
   * all else unless given.
   */
  readonly far?: { readonly raw: number; readonly packed: number };
}

const debian = {
  threads: 2,
  cost: { 0: 0.3, 1: 2.2, 3: 4.2, 6: 8.5, 9: 12 },
  ratio: { 0: 1, 1: 0.35, 3: 0.305, 6: 0.288, 9: 0.282 },
};

/** Packs frames for a while; returns the levels of the last half, probes left out. */
function run({ link, threads, cost, ratio, far = { raw: 0, packed: 0 } }: World, frames = 400): number[] {
  let now = 0;
  const levels = new Levels(threads, () => now);
  let arrivedBytes = 0;
  let busyMs = 0;
  const seen: number[] = [];
  for (let index = 0; index < frames; index += 1) {
    const level = levels.next({ arrivedBytes, busyMs, bytesPerSecond: link }, frame);
    const length = Math.floor(frame * (ratio[level] ?? 1));
    const workMs = ((cost[level] ?? 0) * frame) / MiB;
    const cpuMs = (workMs + 1.6) / threads;
    const wireMs = (length / link) * 1000;
    now += Math.max(cpuMs, wireMs, ((level === 0 ? far.raw : far.packed) * frame) / MiB);
    busyMs += wireMs;
    arrivedBytes += length;
    levels.learn(level, { codec: 'zstd', rawBytes: frame, payload: { length } as Uint8Array<ArrayBuffer>, workMs });
    if (index >= frames / 2) seen.push(levels.level);
  }
  return seen;
}

/** The level most frames had. */
function usual(levels: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const level of levels) counts.set(level, (counts.get(level) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? -1;
}

describe('the level of compression', () => {
  test('is the highest on a line that is much slower than the threads', () => {
    expect(usual(run({ ...debian, link: 12e6 }))).toBeGreaterThanOrEqual(6);
  });

  test('is one that lets the threads keep up with a line of 1 Gbit/s', () => {
    expect([1, 3]).toContain(usual(run({ ...debian, link: 117e6 })));
  });

  test('finds out what a line of 1 Gbit/s carries once, not over and over, where busy threads never fill it', () => {
    const busy = { ...debian, cost: { 0: 1, 1: 7, 3: 14, 6: 27, 9: 38 } };
    const raw = run({ ...busy, link: 117e6 }, 1600).filter((level) => level === 0);
    expect(raw.length).toBeLessThan(80);
  });

  test('is none on a line that outruns compression', () => {
    expect(usual(run({ ...debian, link: 5e9 }))).toBe(0);
  });

  test('is none where the other side is slower with packed frames than with raw ones, which is not seen but tried', () => {
    expect(usual(run({ ...debian, link: 400e6, far: { raw: 0, packed: 4 } }))).toBe(0);
  });

  test('stays where packed frames bring more of the disk, and is seldom tried anew', () => {
    const levels = run({ ...debian, link: 400e6 }, 1600);
    expect(usual(levels)).toBe(1);
    expect(levels.filter((level) => level === 0).length).toBeLessThan(80);
  });

  test('is the highest from the first frames on a slow line', () => {
    const late = run({ ...debian, link: 12e6 }, 40);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(6);
  });

  test('is 1 at most on a line that is busy for less than half of the time, however slow it looks, and climbs on the same line when it is busy', () => {
    for (const link of [1e6, 12e6]) {
      // Of a packed frame's time the line takes two fifths, for the other side takes all of it.
      const packed = (debian.ratio[1] * MiB * 1000) / link / 0.4;
      expect(Math.max(...run({ ...debian, link, far: { raw: 0, packed } }))).toBeLessThanOrEqual(1);
      expect(usual(run({ ...debian, link }))).toBeGreaterThanOrEqual(6);
    }
  });

  test('is none for bytes that do not get smaller, and the least where the line is slow, for there that costs nothing', () => {
    const noise = { threads: 2, cost: { 0: 0.3, 1: 0.4, 3: 0.4, 6: 0.7, 9: 0.9 }, ratio: {} };
    expect(usual(run({ ...noise, link: 5e9 }))).toBe(0);
    expect(usual(run({ ...noise, link: 12e6 }))).toBe(1);
  });

  test('comes back when the line becomes slow, and when bytes compress again', () => {
    let now = 0;
    const levels = new Levels(2, () => now);
    const wire = { arrivedBytes: 0, busyMs: 0, bytesPerSecond: 0 };
    const go = (link: number, compresses: boolean, frames = 300): number[] =>
      Array.from({ length: frames }, () => {
        const level = levels.next(wire, frame);
        const length = Math.floor(frame * (compresses ? (debian.ratio[level as 0] ?? 1) : 1));
        const workMs = (debian.cost[level as 0] ?? 0) * 4 * (compresses ? 1 : 0.2);
        const cpuMs = (workMs + 1.6) / 2;
        const wireMs = (length / link) * 1000;
        now += Math.max(cpuMs, wireMs);
        wire.busyMs += wireMs;
        wire.bytesPerSecond = link;
        wire.arrivedBytes += length;
        levels.learn(level, { codec: 'zstd', rawBytes: frame, payload: { length } as Uint8Array<ArrayBuffer>, workMs });
        return levels.level;
      }).slice(frames / 2);
    expect(usual(go(5e9, true))).toBe(0);
    expect(usual(go(12e6, true))).toBeGreaterThanOrEqual(6);
    expect(usual(go(12e6, false))).toBe(1);
    expect(usual(go(12e6, true, 24))).toBeGreaterThanOrEqual(6);
    expect(usual(go(5e9, false))).toBe(0);
    expect(usual(go(12e6, true))).toBeGreaterThanOrEqual(6);
  });

  test('is never none on a slow line that lets bursts through, asked for little for long and then for what hardly gets smaller', () => {
    let now = 0;
    const levels = new Levels(2, () => now);
    const wire = { arrivedBytes: 0, busyMs: 0, bytesPerSecond: 0 };
    const seen: number[] = [];
    const go = (frames: number, rawBytes: number, ratio: number, waitMs: number): void => {
      for (let index = 0; index < frames; index += 1) {
        const level = levels.next(wire, rawBytes);
        if (rawBytes === frame) seen.push(level);
        const length = Math.floor(rawBytes * (level === 0 ? 1 : ratio));
        const wireMs = (length / 12e6) * 1000;
        now += wireMs + waitMs;
        wire.busyMs += wireMs;
        wire.arrivedBytes += length;
        // What fits the bucket of the shaper goes through at once, and a round trip takes that for
        // the line.
        wire.bytesPerSecond = rawBytes === frame ? 12e6 : 190e6;
        levels.learn(level, {
          codec: 'zstd',
          rawBytes,
          payload: { length } as Uint8Array<ArrayBuffer>,
          workMs: (6 * rawBytes) / MiB,
        });
      }
    };
    go(100, frame, 0.35, 0);
    for (let disk = 0; disk < 10; disk += 1) {
      go(170, 30_000, 0.4, 12);
      go(12, frame, 0.99, 0);
      go(8, frame, 0.3, 0);
    }
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(1);
    expect(levels.level).toBeGreaterThanOrEqual(3);
  });

  test('is 1 at least for a frame of a few pieces, where whole ones go raw', () => {
    let now = 0;
    const levels = new Levels(2, () => now);
    for (let index = 0; index < 100; index += 1) {
      const level = levels.next({ arrivedBytes: index * frame, busyMs: index, bytesPerSecond: 1e9 }, frame);
      now += 4;
      const packed = {
        codec: 'none',
        rawBytes: frame,
        payload: { length: frame } as Uint8Array<ArrayBuffer>,
        workMs: 50,
      } as const;
      levels.learn(level, packed);
    }
    expect(levels.level).toBe(0);
    expect(levels.next({ arrivedBytes: 100 * frame, busyMs: 100, bytesPerSecond: 1e9 }, MiB)).toBe(1);
  });
});

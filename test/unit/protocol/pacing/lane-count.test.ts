import { describe, expect, test } from 'vitest';
import { limits } from '../../../../protocol/limits.ts';
import { LaneCount } from '../../../../protocol/pacing/lane-count.ts';

/**
 * A line as the law sees it: what so many lanes carry at a time, and whether data waits for them.
 */
interface Line {
  readonly rttMs: number;
  /** What the first look sees, where it is another. */
  readonly firstRttMs?: number;
  readonly bytesPerMs: (lanes: number, atMs: number) => number;
  readonly waits?: (atMs: number) => boolean;
  /** Round trips for which data is on its way. */
  readonly trips?: number;
  /** More are refused. */
  readonly most?: number;
}

const lookMs = 250;

/** Lets the law look at a line for a while; tells the lanes in use after each second. */
function watch(line: Line, seconds: number, count = new LaneCount(limits)): number[] {
  const used: number[] = [];
  let lanes = 0;
  let arrivedBytes = 0;
  let waitedMs = 0;
  for (let atMs = 0; atMs < seconds * 1000; atMs += lookMs) {
    const rttMs = atMs === 0 ? (line.firstRttMs ?? line.rttMs) : line.rttMs;
    const inFlightBytes = line.bytesPerMs(lanes, atMs) * rttMs * (line.trips ?? 1);
    const look = { lanes, rttMs, arrivedBytes, waitedMs, inFlightBytes };
    const wanted = count.next(look, atMs);
    if (wanted > (line.most ?? limits.lanes)) count.refused({ ...look, lanes: line.most ?? lanes }, atMs);
    lanes = Math.min(wanted, line.most ?? limits.lanes);
    arrivedBytes += line.bytesPerMs(lanes, atMs) * lookMs;
    if (line.waits?.(atMs) ?? true) waitedMs += lookMs;
    if ((atMs + lookMs) % 1000 === 0) used.push(lanes);
  }
  return used;
}

describe('the number of lanes', () => {
  test('doubles up to the limit while each time the line carries more', () => {
    const used = watch({ rttMs: 100, bytesPerMs: (lanes) => lanes * 200 }, 20);
    expect([...new Set(used)]).toEqual([16, 32]);
    expect(used.indexOf(limits.lanes)).toBeLessThan(4);
  });

  test('goes back to as many as fill the line, and asks again ever more rarely', () => {
    const used = watch({ rttMs: 100, bytesPerMs: (lanes) => Math.min(120_000, lanes * 7_500) }, 200);
    expect(used.filter((lanes) => lanes === 16).length / used.length).toBeGreaterThan(0.8);
    expect(Math.max(...used)).toBe(32);
    const trials = used.flatMap((lanes, second) => (lanes === 32 && used[second - 1] === 16 ? [second] : []));
    expect(trials.length).toBeLessThan(7);
    expect(trials.length).toBeGreaterThan(2);
  });

  test('follows a line that begins to lose packets later', () => {
    const line: Line = { rttMs: 100, bytesPerMs: (lanes, atMs) => (atMs < 30_000 ? 12_000 : lanes * 200) };
    const used = watch(line, 120);
    expect(used[25]).toBe(16);
    expect(used.at(-1)).toBe(limits.lanes);
  });

  test('is not taken in by few lanes that were fast only while TCP began', () => {
    // The first seconds of TCP carry what a line that loses packets does not carry for long.
    const line: Line = { rttMs: 100, bytesPerMs: (lanes, atMs) => lanes * (atMs < 5_000 ? 1_000 : 200) };
    expect(watch(line, 20).at(-1)).toBe(limits.lanes);
  });

  test('stays one on a short line that one lane fills', () => {
    const used = watch({ rttMs: 0.3, bytesPerMs: () => 200_000 }, 120);
    expect(used[0]).toBe(1);
    expect(Math.max(...used)).toBe(2);
    expect(used.filter((lanes) => lanes === 1).length / used.length).toBeGreaterThan(0.9);
  });

  test('becomes one on a short line whose first echo came late, for a machine was busy', () => {
    const used = watch({ firstRttMs: 15, rttMs: 0.3, bytesPerMs: () => 200_000 }, 120);
    expect(used[0]).toBe(1);
    expect(Math.max(...used)).toBe(2);
  });

  test('stays what was measured where a long line turns out to be short later', () => {
    const count = new LaneCount(limits);
    const line: Line = { rttMs: 100, bytesPerMs: (lanes) => lanes * 200 };
    expect(watch(line, 10, count).at(-1)).toBe(limits.lanes);
    const look = { lanes: limits.lanes, rttMs: 5, arrivedBytes: 1e9, waitedMs: 1e4, inFlightBytes: 0 };
    expect(count.next(look, 10_000)).toBe(limits.lanes);
  });

  test('is left alone while no data waits for a lane', () => {
    const used = watch({ rttMs: 100, bytesPerMs: (lanes) => lanes * 200, waits: () => false }, 60);
    expect(new Set(used)).toEqual(new Set([16]));
  });

  test('doubles though no data waits, where TCP holds up what the lanes have taken', () => {
    const line: Line = { rttMs: 100, bytesPerMs: (lanes) => lanes * 200, waits: () => false, trips: 4 };
    expect(watch(line, 10).at(-1)).toBe(limits.lanes);
  });

  test('stays doubled where TCP holds up what they carry, though fewer carried more before their first loss', () => {
    const bytesPerMs = (lanes: number, atMs: number): number => (atMs < 4_000 ? 40_000 : lanes * 200);
    const used = watch({ rttMs: 100, bytesPerMs, waits: () => false, trips: 4 }, 30);
    expect(used.lastIndexOf(16)).toBeLessThan(4);
    expect(used.at(-1)).toBe(limits.lanes);
  });

  test('is what the other side allows, which is asked for more only now and then', () => {
    const used = watch({ rttMs: 100, bytesPerMs: (lanes) => lanes * 200, most: 6 }, 60);
    expect(Math.max(...used)).toBe(6);
    expect(used.at(-1)).toBe(6);
  });
});

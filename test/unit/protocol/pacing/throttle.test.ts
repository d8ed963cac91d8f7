import { describe, expect, it } from 'vitest';
import { Throttle } from '../../../../protocol/pacing/throttle.ts';

/**
 * Takes as often as it may from `now` on, with a timer that is `lateMs` late; the bytes taken in
 * that time.
 */
function taken(throttle: Throttle, clock: { nowMs: number }, forMs: number, bytes: number, lateMs = 0): number {
  let sum = 0;
  for (const end = clock.nowMs + forMs; clock.nowMs < end; clock.nowMs += throttle.delayMs + lateMs) {
    while (throttle.delayMs === 0 && sum < 1e9) {
      throttle.take(bytes);
      sum += bytes;
    }
  }
  return sum;
}

describe('a throttle', () => {
  it('lets everything through while there is no limit', () => {
    const throttle = new Throttle(() => 0);
    throttle.take(1e12);
    expect(throttle.delayMs).toBe(0);
  });

  it.each([0, 1, 5])('reaches and keeps its limit with timers that are %d ms late', (lateMs) => {
    const clock = { nowMs: 1000 };
    const throttle = new Throttle(() => clock.nowMs);
    throttle.limit(12_500_000);
    const bytes = taken(throttle, clock, 10_000, 65_536, lateMs);
    expect(bytes).toBeGreaterThan(0.99 * 125_000_000);
    expect(bytes).toBeLessThan(1.01 * 125_000_000);
  });

  it('saves up no more than some milliseconds', () => {
    const clock = { nowMs: 0 };
    const throttle = new Throttle(() => clock.nowMs);
    throttle.limit(1_000_000);
    clock.nowMs = 3_600_000;
    expect(taken(throttle, clock, 100, 1000)).toBeLessThanOrEqual(151_000);
  });

  it('follows a new limit at once, and its end', () => {
    const clock = { nowMs: 0 };
    const throttle = new Throttle(() => clock.nowMs);
    throttle.limit(1000);
    throttle.take(1_000_000);
    expect(throttle.delayMs).toBeGreaterThan(900_000);
    throttle.limit(1_000_000);
    expect(throttle.delayMs).toBe(0);
    throttle.take(5_000_000);
    expect(throttle.delayMs).toBeGreaterThan(4_000);
    throttle.limit(null);
    expect(throttle.delayMs).toBe(0);
  });
});

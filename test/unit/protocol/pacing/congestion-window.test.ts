import { describe, expect, it } from 'vitest';
import { limits } from '../../../../protocol/limits.ts';
import { CongestionWindow } from '../../../../protocol/pacing/congestion-window.ts';
import { Path } from '../../../../protocol/pacing/path.ts';

const MB = 1e6;

/** A line: bytes per second, milliseconds there and back, and what the far end takes to answer. */
interface Line {
  bytesPerSecond: number;
  rttMs: number;
  readonly lateMs?: (atMs: number) => number;
}

/**
 * A sender that always has more to say, on a line that carries one byte after the other; time is
 * reckoned, not waited for.
 */
class Simulation {
  readonly path = new Path(limits);
  readonly pace = new CongestionWindow(limits, this.path);
  readonly line: Line;
  readonly #answers: { id: number; atMs: number }[] = [];
  readonly #echoes: { id: number; atMs: number }[] = [];
  #nowMs = 0;
  #freeAtMs = 0;
  #echoAtMs = 0;

  constructor(line: Line) {
    this.line = line;
  }

  /**
   * Runs for a while; tells the bytes carried per second, and the longest that a byte waited for
   * the line.
   */
  run(forMs: number): { bytesPerSecond: number; longestQueueMs: number } {
    const since = this.#nowMs;
    const before = this.pace.arrivedBytes;
    let longestQueueMs = 0;
    while (this.#nowMs < since + forMs) {
      this.#say();
      longestQueueMs = Math.max(longestQueueMs, this.#freeAtMs - this.#nowMs);
      this.#hear();
    }
    return { bytesPerSecond: ((this.pace.arrivedBytes - before) / (this.#nowMs - since)) * 1000, longestQueueMs };
  }

  /** Says nothing until all is answered, and then small things for a while. */
  trickle(forMs: number): void {
    this.#carry(0, true);
    while (this.pace.inFlightBytes > 0) this.#hear();
    for (const end = this.#nowMs + forMs; this.#nowMs < end; this.#nowMs += 50) {
      this.#carry(1000, true);
      this.#hear();
    }
  }

  #say(): void {
    while (this.pace.inFlightBytes < this.pace.windowBytes) this.#carry(this.pace.fragmentBytes, false);
    this.#carry(0, false);
  }

  #carry(bytes: number, last: boolean): void {
    this.pace.sent(bytes, this.#nowMs);
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#nowMs) + (bytes / this.line.bytesPerSecond) * 1000;
    if (!this.pace.isDue(last)) return;
    this.#answers.push({ id: this.pace.mark(this.#nowMs), atMs: this.#answeredAt(this.#answers) });
  }

  /** When something that is sent now is answered; answers keep their order. */
  #answeredAt(before: readonly { atMs: number }[]): number {
    const arrivesMs = Math.max(this.#freeAtMs, this.#nowMs) + this.line.rttMs;
    return Math.max(arrivesMs + (this.line.lateMs?.(arrivesMs) ?? 0), before.at(-1)?.atMs ?? 0);
  }

  /** Waits for the next mark, and meanwhile for echoes. */
  #hear(): void {
    const next = this.#answers.shift();
    if (next === undefined) throw new Error('The sender waits for nothing.');
    for (;;) {
      const back = this.#echoes[0]?.atMs ?? Number.POSITIVE_INFINITY;
      if (Math.min(back, this.#echoAtMs) > next.atMs) break;
      this.#nowMs = Math.max(this.#nowMs, Math.min(back, this.#echoAtMs));
      if (back <= this.#echoAtMs) this.path.returned(this.#echoes.shift()?.id ?? 0, this.#nowMs);
      else this.#echo();
    }
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    this.pace.returned(next.id, this.#nowMs);
  }

  #echo(): void {
    this.#echoes.push({ id: this.path.echo(this.#nowMs), atMs: this.#answeredAt(this.#echoes) });
    this.#echoAtMs = this.#nowMs + limits.echoMs;
  }
}

describe('the window of a lane', () => {
  it.each([
    [1.25 * MB, 1],
    [1.25 * MB, 100],
    [12.5 * MB, 0.1],
    [12.5 * MB, 20],
    [12.5 * MB, 200],
    [125 * MB, 0.1],
    [125 * MB, 50],
    [1000 * MB, 0.1],
  ])('fills a line of %d bytes a second and %d ms, and hardly makes others wait', (bytesPerSecond, rttMs) => {
    const simulation = new Simulation({ bytesPerSecond, rttMs });
    simulation.run(10_000);
    const steady = simulation.run(60_000);
    expect(steady.bytesPerSecond).toBeGreaterThan(0.97 * bytesPerSecond);
    expect(steady.longestQueueMs).toBeLessThan(65);
    expect(simulation.pace.bytesPerSecond / bytesPerSecond).toBeCloseTo(1, 1);
  });

  it('finds a fast line within a second', () => {
    const simulation = new Simulation({ bytesPerSecond: 125 * MB, rttMs: 5 });
    simulation.run(1_000);
    expect(simulation.run(1_000).bytesPerSecond).toBeGreaterThan(0.97 * 125 * MB);
  });

  it('follows a line that becomes slower, faster, longer or shorter', () => {
    const simulation = new Simulation({ bytesPerSecond: 50 * MB, rttMs: 10 });
    for (const [bytesPerSecond, rttMs] of [
      [5 * MB, 10],
      [80 * MB, 10],
      [80 * MB, 60],
      [80 * MB, 2],
    ] as const) {
      Object.assign(simulation.line, { bytesPerSecond, rttMs });
      simulation.run(60_000);
      const steady = simulation.run(20_000);
      expect(steady.bytesPerSecond, `${bytesPerSecond} B/s, ${rttMs} ms`).toBeGreaterThan(0.95 * bytesPerSecond);
      expect(steady.longestQueueMs, `${bytesPerSecond} B/s, ${rttMs} ms`).toBeLessThan(60);
    }
  });

  it('is not closed by a far end that is busy now and then, or always takes its time', () => {
    const busy = new Simulation({ bytesPerSecond: 100 * MB, rttMs: 1, lateMs: (atMs) => Math.max(0, 15 - (atMs % 50)) });
    busy.run(10_000);
    expect(busy.run(60_000).bytesPerSecond).toBeGreaterThan(95 * MB);
    const slow = new Simulation({ bytesPerSecond: 100 * MB, rttMs: 1, lateMs: () => 40 });
    slow.run(10_000);
    expect(slow.run(60_000).bytesPerSecond).toBeGreaterThan(95 * MB);
  });

  it('remembers the line while there is little to say', () => {
    const simulation = new Simulation({ bytesPerSecond: 12.5 * MB, rttMs: 20 });
    simulation.run(10_000);
    const { windowBytes } = simulation.pace;
    simulation.trickle(30_000);
    expect(simulation.pace.windowBytes).toBeGreaterThan(0.9 * windowBytes);
    expect(simulation.run(1_000).bytesPerSecond).toBeGreaterThan(0.9 * 12.5 * MB);
  });

  it('tells how long the line carried something, round trips of single words not counted', () => {
    const simulation = new Simulation({ bytesPerSecond: 12.5 * MB, rttMs: 20 });
    simulation.run(10_000);
    expect(simulation.pace.busyMs).toBeGreaterThan(9_900);
    const before = simulation.pace.busyMs;
    simulation.trickle(30_000);
    expect(simulation.pace.busyMs - before).toBeLessThan(1_000);
  });

  it('stays within its bounds, and is opened by nobody who confirms what was never marked', () => {
    const pace = new CongestionWindow(limits, new Path(limits));
    pace.sent(1_000_000, 0);
    pace.mark(0);
    pace.returned(7, 1);
    expect(pace.inFlightBytes).toBe(1_000_000);
    pace.returned(1, 0);
    expect(pace.inFlightBytes).toBe(0);
    const fast = new Simulation({ bytesPerSecond: 1e12, rttMs: 0.1 });
    fast.run(100);
    expect(fast.pace.windowBytes).toBe(limits.windowBytes);
    const slow = new Simulation({ bytesPerSecond: 10_000, rttMs: 1 });
    slow.run(100_000);
    expect(slow.pace.windowBytes).toBeLessThan(1.2 * limits.leastWindowBytes);
  });
});

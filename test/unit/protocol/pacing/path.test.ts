import { describe, expect, test } from 'vitest';
import { limits } from '../../../../protocol/limits.ts';
import { Path } from '../../../../protocol/pacing/path.ts';
import { LossySimulation } from './lossy-line.ts';

/** Echoes a path for a while; `tripMs` tells what each takes. */
function echo(path: Path, fromMs: number, toMs: number, tripMs: (atMs: number) => number): void {
  const back: { readonly id: number; readonly atMs: number }[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += 1) {
    while ((back[0]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs) path.returned(back.shift()?.id ?? 0, atMs);
    if ((atMs - fromMs) % limits.echoMs === 0) back.push({ id: path.echo(atMs), atMs: atMs + tripMs(atMs) });
  }
}

describe('a path', () => {
  test('is not known before its first echo is back', () => {
    const path = new Path(limits);
    expect([path.rttMs, path.holdMs, path.queueMs]).toEqual([undefined, undefined, 0]);
    path.returned(7, 5);
    expect(path.rttMs).toBeUndefined();
  });

  test('without a queue lets data be on its way for three round trips more, for TCP sends again what is lost', () => {
    const path = new Path(limits);
    echo(path, 0, 10_000, () => 100);
    expect(path.rttMs).toBe(100);
    expect(path.holdMs).toBeCloseTo(100 + limits.queueMs + 300, 0);
  });

  test('with a queue lets no more be on its way than the queue that is wanted', () => {
    const path = new Path(limits);
    echo(path, 0, 200, () => 100);
    echo(path, 200, 5_000, () => 160);
    expect(path.queueMs).toBe(60);
    expect(path.holdMs).toBeCloseTo(100 + limits.queueMs, 0);
  });

  test('takes one slow echo for a daemon that was busy, not for a queue', () => {
    const path = new Path(limits);
    echo(path, 0, 3_000, (atMs) => (atMs % 100 === 0 ? 190 : 100));
    expect(path.queueMs).toBe(0);
  });

  test('that has become longer is measured anew while our own queue is kept empty', () => {
    const path = new Path(limits);
    echo(path, 0, 1_000, () => 20);
    let drained = 0;
    // A queue of ours of 15 ms, which goes when it is kept empty.
    echo(path, 1_000, limits.pathMs + 3_000, () => {
      if (path.isDraining) drained += 1;
      return 60 + (path.isDraining ? 0 : 15);
    });
    expect(drained).toBeGreaterThan(0);
    expect(path.isDraining).toBe(false);
    expect(path.rttMs).toBe(60);
  });

  test('is not doubted where windows shrink without a queue: TCP has lost something', () => {
    const path = new Path(limits);
    echo(path, 0, 1_000, () => 20);
    path.doubt(1_000);
    expect(path.isDraining).toBe(false);
    echo(path, 1_000, 1_500, () => 50);
    path.doubt(1_500);
    expect(path.isDraining).toBe(true);
  });
});

describe('lanes on a line that loses packets', () => {
  test.each([
    [0.001, 12_500, 8],
    [0.01, 12_500, 16],
    [0.01, 12_500, 32],
  ])('of a part of %d at %d bytes a millisecond are as fast as TCP lets %d of them be', (loss, bytesPerMs, lanes) => {
    const line = { bytesPerMs, rttMs: 100, loss };
    const alone = new LossySimulation(line, lanes, false);
    const ours = new LossySimulation(line, lanes);
    alone.run(10_000);
    ours.run(10_000);
    const most = alone.run(30_000);
    expect(ours.run(30_000) / most).toBeGreaterThan(0.9);
  });

  test.each([1, 4])('behind a TCP that does not give way to loss are as fast as it, %d of them', (lanes) => {
    const line = { bytesPerMs: 12_500, rttMs: 100, loss: 0.01, isDeaf: true };
    const alone = new LossySimulation(line, lanes, false);
    const ours = new LossySimulation(line, lanes);
    alone.run(5_000);
    ours.run(10_000);
    expect(ours.run(20_000) / alone.run(10_000)).toBeGreaterThan(0.9);
  });

  test('keep no more than they carry in a second: the end of a disk waits for the slowest', () => {
    const simulation = new LossySimulation({ bytesPerMs: 12_500, rttMs: 100, loss: 0.01 }, 16);
    simulation.run(10_000);
    const perMs = simulation.run(20_000);
    const held = simulation.lanes.reduce((sum, { window }) => sum + window.windowBytes, 0);
    expect(held / perMs).toBeLessThan(1_000);
  });

  test.each([4, 16])('share a line without loss, and together hardly make others wait, %d of them', (lanes) => {
    const simulation = new LossySimulation({ bytesPerMs: 12_500, rttMs: 100, loss: 0 }, lanes);
    simulation.run(20_000);
    expect(simulation.run(30_000)).toBeGreaterThan(0.95 * 12_500);
    expect(simulation.longestQueueMs).toBeLessThan(50);
  });
});

import { expect, onTestFinished, test, vi } from 'vitest';
import { Progress } from '../../../../sender/campaign/progress.ts';

function aClock(): { now: () => number; pass: (ms: number) => void } {
  let time = 1_000_000;
  return { now: () => time, pass: (ms) => (time += ms) };
}

test('nothing is known of a disk that was never heard of', () => {
  expect(new Progress().of('d')).toBeNull();
});

test('rate and time left follow what was done in the last seconds', () => {
  const clock = aClock();
  const progress = new Progress(clock.now);
  progress.hear('d', 1000, 0, 0);
  expect(progress.of('d')).toMatchObject({ bytesPerSecond: 0, etaSeconds: null });
  for (let second = 1; second <= 4; second += 1) {
    clock.pass(1000);
    progress.hear('d', 1000, second * 100, second * 50);
  }
  expect(progress.of('d')).toEqual({
    id: 'd',
    sizeBytes: 1000,
    doneBytes: 400,
    sentBytes: 200,
    bytesPerSecond: 50,
    etaSeconds: 6,
  });
});

test('a disk that has stalled has no rate, one that is through none left to do', () => {
  const clock = aClock();
  const progress = new Progress(clock.now);
  progress.hear('d', 1000, 0, 0);
  clock.pass(1000);
  progress.hear('d', 1000, 500, 500);
  clock.pass(6000);
  expect(progress.of('d')).toMatchObject({ bytesPerSecond: 0, etaSeconds: null });
  progress.hear('d', 1000, 1000, 1000);
  expect(progress.of('d')).toMatchObject({ bytesPerSecond: 0, etaSeconds: 0, doneBytes: 1000 });
});

test('a comparison that begins again counts from its own beginning, never below nothing', () => {
  const clock = aClock();
  const progress = new Progress(clock.now);
  progress.hear('d', 1000, 800, 800);
  clock.pass(1000);
  progress.hear('d', 1000, 100, 800);
  expect(progress.of('d')).toMatchObject({ doneBytes: 100, bytesPerSecond: 0, etaSeconds: null });
});

test('blocks that do not cross the line have no rate, and count for the time left', () => {
  const clock = aClock();
  const progress = new Progress(clock.now);
  for (let second = 0; second <= 4; second += 1) {
    progress.hear('d', 1000, second * 100, 0);
    clock.pass(1000);
  }
  expect(progress.of('d')).toMatchObject({ bytesPerSecond: 0, etaSeconds: 8 });
});

test('the time left stays near the truth where the bytes come in bursts', () => {
  const clock = aClock();
  const progress = new Progress(clock.now);
  const size = 200_000;
  const worst: number[] = [];
  for (let second = 0; second <= 300; second += 1) {
    // 400 bytes a second in the mean: 2,000 in every fifth.
    const done = 2_000 * Math.floor(second / 5);
    progress.hear('d', size, done, done);
    const { etaSeconds } = progress.of('d') ?? {};
    if (second >= 30) worst.push(Math.abs(Math.log2((etaSeconds ?? Number.POSITIVE_INFINITY) / ((size - done) / 400))));
    clock.pass(1000);
  }
  expect(Math.max(...worst)).toBeLessThan(0.3);
});

test('the pace of a campaign is what all its disks gain, over minutes', () => {
  const clock = aClock();
  const progress = new Progress(clock.now);
  expect(progress.pace()).toBeNull();
  for (let second = 0; second <= 100; second += 1) {
    progress.hear('a', 1e6, second * 100, 0);
    progress.hear('b', 1e6, second * 50, 0);
    clock.pass(1000);
  }
  expect(progress.pace()).toBeGreaterThan(140);
  expect(progress.pace()).toBeLessThan(152);
});

test('samples of a copy that reports a thousand times a second stay few', () => {
  const clock = aClock();
  const progress = new Progress(clock.now);
  for (let count = 0; count < 20_000; count += 1) {
    progress.hear('d', 1e9, count, count);
    clock.pass(1);
  }
  expect(progress.of('d')).toMatchObject({ bytesPerSecond: 1000, doneBytes: 19_999 });
});

test('a clock that is set back an hour changes neither rate nor time left', () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 1_800_000_000_000 });
  onTestFinished(() => void vi.useRealTimers());
  const progress = new Progress();
  for (let second = 0; second <= 10; second += 1) {
    if (second === 5) vi.setSystemTime(Date.now() - 3_600_000);
    progress.hear('d', 2000, second * 100, second * 100);
    vi.advanceTimersByTime(1000);
  }
  expect(progress.of('d')?.bytesPerSecond).toBeGreaterThan(50);
  expect(progress.of('d')?.etaSeconds).toBeLessThan(20);
});

test('what a round sent is told no more once the round has ended', () => {
  const progress = new Progress();
  progress.hear('d', 1000, 800, 800);
  progress.forget('d');
  expect(progress.of('d')).toBeNull();
});

import { expect, test } from 'vitest';
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
    bytesPerSecond: 100,
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

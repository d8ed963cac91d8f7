import { expect, test } from 'vitest';
import { pagesBeyond } from '../../../../sender/disks/page-cache.ts';

test('only a long and fast line may have more pages than usual on its way, up to a bound', () => {
  expect(pagesBeyond({ bytesPerSecond: 0, rttMs: undefined })).toBe(0);
  expect(pagesBeyond({ bytesPerSecond: 110e6, rttMs: 0.3 })).toBe(0);
  expect(pagesBeyond({ bytesPerSecond: 12e6, rttMs: 100 })).toBe(1);
  expect(pagesBeyond({ bytesPerSecond: 60e6, rttMs: 100 })).toBe(5);
  expect(pagesBeyond({ bytesPerSecond: 400e6, rttMs: 200 })).toBe(12);
});

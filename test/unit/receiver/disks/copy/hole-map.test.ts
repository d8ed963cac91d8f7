import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HoleMap } from '../../../../../receiver/disks/copy/hole-map.ts';
import { aFolder } from '../../../../support/folder.ts';

const step = 64 * 1024;

test('the holes of a ragged file are told stretch by stretch, and bytes beside them are none', async () => {
  const path = join(await aFolder(), 'disk');
  const file = await open(path, 'w+');
  for (let at = 0; at < 64; at += 4) await file.write(Buffer.alloc(step, 1), 0, step, at * step);
  await file.truncate(64 * step);
  await file.close();
  const map = new HoleMap(path, 64 * step, new AbortController().signal);
  for (let first = 0; first < 64; first += 16) {
    const isHole = await map.within(first * step, (first + 16) * step);
    for (let at = first; at < first + 16; at += 1) expect(isHole(at * step, step)).toBe(at % 4 !== 0);
    expect(isHole((first + 1) * step, 3 * step)).toBe(true);
    expect(isHole((first + 1) * step, 4 * step)).toBe(false);
  }
  await map.close();
});

test('a file that is not there has no holes, so that all of it is read', async () => {
  const map = new HoleMap(join(await aFolder(), 'none'), step, new AbortController().signal);
  const isHole = await map.within(0, step);
  expect(isHole(0, step)).toBe(false);
  await map.close();
});

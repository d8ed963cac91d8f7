import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Root } from '../../../../shared/model/disk.ts';

const stretches = 64;

test('a root that takes many short stretches of zeros lets other work have its turns', async () => {
  const root = new Root(2 ** 40, 65_536, 'blake3');
  let turns = 0;
  let running = true;
  const others = (async () => {
    for (; running; turns += 1) await setImmediate();
  })();
  for (let stretch = 0; stretch < stretches; stretch += 1) await root.addZeros(32 * 1024);
  running = false;
  await others;
  expect(turns).toBeGreaterThanOrEqual(stretches / 2);
});

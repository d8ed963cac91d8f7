import { expect, test } from 'vitest';
import { FairQueue } from '../../../../shared/concurrency/fair-queue.ts';

test('turns go round between owners, and what is urgent goes before the rest of its own owner only', () => {
  const turns = new FairQueue<string>();
  const a = {};
  const b = {};
  for (const thing of ['a1', 'a2', 'a3']) turns.add(a, thing);
  turns.add(b, 'b1');
  turns.add(a, 'a!', true);
  expect(Array.from({ length: 6 }, () => turns.next())).toEqual(['a!', 'b1', 'a1', 'a2', 'a3', undefined]);
});

test('what is cleared does not come up any more', () => {
  const turns = new FairQueue<string>();
  turns.add({}, 'one');
  turns.add({}, 'two', true);
  expect(turns.clear().sort()).toEqual(['one', 'two']);
  expect(turns.next()).toBeUndefined();
});

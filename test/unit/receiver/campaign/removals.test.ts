import { expect, test } from 'vitest';
import { Removals } from '../../../../receiver/campaign/removals.ts';

const ref = 'router/r';

test('removals of one thing that are asked for at once go one after the other, and fail with the first', async () => {
  const removals = new Removals();
  let asked = 0;
  const refused = async (): Promise<boolean> => {
    asked += 1;
    throw new Error('It is in use.');
  };
  const all = [1, 2, 3].map(() => removals.run(ref, undefined, refused));
  const ends = await Promise.allSettled(all);
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(asked).toBe(1);
  // A later one asks again.
  await expect(removals.run(ref, undefined, async () => true)).resolves.toBe(true);
});

test('one that was given up takes none along that came after it', async () => {
  const removals = new Removals();
  const wanted = new AbortController();
  const first = removals.run(ref, wanted.signal, async () => {
    wanted.abort();
    throw new Error('It was given up.');
  });
  const second = removals.run(ref, undefined, async () => true);
  await expect(first).rejects.toThrow('It was given up.');
  await expect(second).resolves.toBe(true);
  await removals.ended(ref);
});

test('whoever waits for the end of removals waits also for one that is asked for meanwhile', async () => {
  const removals = new Removals();
  const under = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()] as const;
  let isLater = false;
  const first = removals.run(ref, undefined, () => under[0].promise);
  const ended = Promise.all([removals.ended(ref), removals.allEnded()]).then(() => isLater);
  const second = removals.run(ref, undefined, () => under[1].promise);
  under[0].resolve(true);
  await first;
  await new Promise((resolve) => setImmediate(resolve));
  isLater = true;
  under[1].resolve(true);
  await second;
  expect(await ended).toBe(true);
});

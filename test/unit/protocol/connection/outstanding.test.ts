import { expect, test } from 'vitest';
import { Outstanding } from '../../../../protocol/connection/outstanding.ts';

const patient = { about: 'a question', binary: false, timeoutMs: Number.POSITIVE_INFINITY };

test('a request that is given up as it gets its place is not said, and its place goes to the next', async () => {
  const outstanding = new Outstanding(1, 1);
  const aborted = new AbortController();
  const said: number[] = [];
  const say = (id: number): void => void said.push(id);
  const first = outstanding.ask({ ...patient, signals: [] }, say);
  const second = outstanding.ask({ ...patient, signals: [aborted.signal] }, say);
  await Promise.resolve();
  outstanding.answer(1, false, 'one');
  aborted.abort(new Error('not wanted any more'));
  expect(await first).toBe('one');
  await expect(second).rejects.toThrow('not wanted any more');
  const third = outstanding.ask({ ...patient, signals: [] }, say);
  await new Promise((resolve) => setImmediate(resolve));
  expect(said).toHaveLength(2);
  outstanding.answer(said[1] as number, false, 'three');
  expect(await third).toBe('three');
});

import { expect, test } from 'vitest';
import { LaneBudget } from '../../../../sender/receiver/lane-budget.ts';

test('sessions have as many lanes as they want while there are some left, and each has one at least', () => {
  const budget = new LaneBudget(8);
  const one = {};
  const other = {};
  const third = {};
  expect(budget.give(one, 4)).toBe(4);
  expect(budget.give(other, 8)).toBe(4);
  expect(budget.give(third, 2)).toBe(1);
  expect(budget.give(one, 1)).toBe(1);
  expect(budget.give(third, 4)).toBe(3);
  budget.giveBack(other);
  expect(budget.give(third, 32)).toBe(7);
});

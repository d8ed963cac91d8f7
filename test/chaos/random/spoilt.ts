import type { Dice } from '../../support/dice.ts';

/** Values that break what was not thought through. */
const nasty: readonly unknown[] = [
  null,
  -1,
  0,
  1e308,
  2 ** 53,
  '',
  '..',
  '../../../etc/passwd',
  'a\u0000b',
  '\ud800',
  '__proto__',
  'x'.repeat(70_000),
  [],
  {},
  [[]],
  true,
  { length: -1 },
];

/** A copy of a value with one of its leaves, or one of its branches, replaced by a nasty value. */
export function spoilt(value: unknown, dice: Dice): unknown {
  if (typeof value !== 'object' || value === null || dice.onceIn(12)) return dice.of(nasty);
  const keys = Object.keys(value);
  const key = keys.length === 0 ? 'more' : dice.of(keys);
  if (Array.isArray(value)) return value.map((one, index) => (String(index) === key ? spoilt(one, dice) : one));
  return { ...value, [key]: spoilt((value as Record<string, unknown>)[key], dice) };
}

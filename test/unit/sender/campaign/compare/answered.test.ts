import { expect, test } from 'vitest';
import { answered } from '../../../../../sender/campaign/compare/compare.ts';
import { flawsBetween } from '../../../../../sender/campaign/verify.ts';

const nothing = { equal: [], mapped: [], unread: [], told: [], different: [], strangers: [] };

test('what a receiver tells nothing of is different, and what it was not asked for does not count', () => {
  const one = { ref: 'network/a' as const, id: 'x', how: 'created' as const, digest: null, ...nothing, equal: ['name'] };
  const other = { ...one, ref: 'network/c' as const };
  const told = answered(['network/a', 'network/b'], [one, other]);
  expect([...told.keys()]).toEqual(['network/a', 'network/b']);
  expect(told.get('network/a')).toEqual(one);
  expect(told.get('network/b')).toMatchObject({ id: null, digest: null, different: [{ attribute: '*', severity: 'serious' }] });
});

test('a disk of which a receiver read nothing, and tells no reason, is not the same', () => {
  const here = { size: 4, sha256: 'a'.repeat(64) };
  expect(flawsBetween(here, { size: 4, sha256: null, flaws: [] })).toEqual([expect.stringContaining('read no copy')]);
  expect(flawsBetween(here, { size: 4, sha256: null, flaws: ['It is gone.'] })).toEqual([]);
  expect(flawsBetween(here, { size: 4, sha256: here.sha256, flaws: [] })).toEqual([]);
});

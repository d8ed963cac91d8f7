import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RulesFile } from '../../../../../sender/model/rule.ts';
import { fits, ruleFor } from '../../../../../sender/plan/rules/apply.ts';
import { failuresOf, untested } from '../../../../../sender/plan/rules/check.ts';

const file = RulesFile.parse({
  rules: [
    { name: 'databases', maps: 'flavor', when: { name: 'db-*', memory_gib: '16..' }, to: 'r1.large' },
    { name: 'the rest', maps: 'flavor', to: 'c1.small' },
    { name: 'production', maps: 'server', when: { tag: 'prod', zone: 'nova', vcpus: 4 }, to: 'az-2' },
    { name: 'temporary staff', maps: 'user', when: { name: 'tmp-?' }, to: 'skip' },
    { name: 'fast ones', maps: 'volume_type', when: { type: '*ssd*', size_gib: '..100' }, to: 'nvme' },
  ],
  tests: [
    { maps: 'flavor', of: { name: 'db-1', memory_gib: 16 }, to: 'r1.large' },
    { maps: 'flavor', of: { name: 'db-1', memory_gib: 15.9 }, to: 'c1.small' },
    { maps: 'flavor', of: { name: 'db-1' }, to: 'c1.small' },
    { maps: 'server', of: { tags: ['web', 'prod'], zone: 'nova', vcpus: 4 }, to: 'az-2' },
    { maps: 'server', of: { tags: ['prod'], zone: 'other', vcpus: 4 }, to: null },
    { maps: 'server', of: { zone: 'nova', vcpus: 4 }, to: null },
    { maps: 'user', of: { name: 'tmp-1' }, to: 'skip' },
    { maps: 'group', of: { name: 'tmp-1' }, to: null },
    { maps: 'network', of: { name: 'db-1' }, to: null },
  ],
});

test('the first rule that holds decides, and every condition of it must hold', () => {
  expect(failuresOf(file)).toEqual([]);
});

test('a test that fails says what was expected and what was found, and a rule that no test reaches is named', () => {
  const wrong = RulesFile.parse({
    rules: [{ name: 'the rest', maps: 'flavor', to: 'c1.small' }],
    tests: [{ maps: 'flavor', of: { name: 'web' }, to: null }],
  });
  expect(failuresOf(wrong)).toEqual([{ test: 1, says: 'flavor web: no rule is expected, but "the rest" gives c1.small.' }]);
  expect(untested(file)).toEqual(['fast ones']);
});

test('a range has both ends, one of them, or is a number; anything else is refused', () => {
  const holds = (vcpus: unknown, value: number): boolean => {
    const { rules } = RulesFile.parse({ rules: [{ name: 'r', maps: 'server', when: { vcpus }, to: 'z' }] });
    return ruleFor(rules, { maps: 'server', name: '', tags: [], zone: '', type: '', vcpus: value }) !== undefined;
  };
  expect([3, 4, 8, 9].map((value) => holds('4..8', value))).toEqual([false, true, true, false]);
  expect([holds('4..', 3), holds('4..', 400), holds('..4', 4), holds(4, 4), holds(4, 5)]).toEqual([
    false,
    true,
    true,
    true,
    false,
  ]);
  for (const odd of ['..', '4-8', '', 'x', -1]) expect(() => holds(odd, 4), String(odd)).toThrow();
});

test('a pattern fits what the same regular expression matches, and takes no more than the product of both lengths', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '😀'), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '😀', '*', '?'), maxLength: 8 });
  fc.assert(
    fc.property(pattern, letters, (wanted, value) => {
      const source = Array.from(wanted)
        .map((one) => (one === '*' ? '.*' : one === '?' ? '.' : one.replace('.', '\\.')))
        .join('');
      expect(fits(wanted, value)).toBe(new RegExp(`^${source}$`, 'su').test(value));
    }),
    { numRuns: 2000 },
  );
  const began = performance.now();
  expect(fits(`${'*a'.repeat(100)}b`, 'a'.repeat(250))).toBe(false);
  expect(performance.now() - began).toBeLessThan(1000);
});

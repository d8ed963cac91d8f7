import type { RulesFile } from '../../model/rule.ts';
import { ruleFor } from './apply.ts';

/** A test of rules that did not come out as its author expects. */
export interface RuleFailure {
  /** Its place among the tests, counted from 1. */
  readonly test: number;
  readonly says: string;
}

/** Runs the tests of a file of rules; returns those that fail. */
export function failuresOf({ rules, tests }: RulesFile): RuleFailure[] {
  return tests.flatMap(({ maps, of, to }, index) => {
    const rule = ruleFor(rules, { maps, ...of });
    if ((rule?.to ?? null) === to) return [];
    const found = rule === undefined ? 'no rule holds' : `"${rule.name}" gives ${rule.to}`;
    return [{ test: index + 1, says: `${maps} ${of.name}: ${to === null ? 'no rule' : to} is expected, but ${found}.` }];
  });
}

/** The rules that no test reaches, by name: their author does not know yet whether they hold. */
export function untested({ rules, tests }: RulesFile): string[] {
  const reached = new Set(tests.map(({ maps, of }) => ruleFor(rules, { maps, ...of })));
  return rules.filter((rule) => !reached.has(rule)).map(({ name }) => name);
}

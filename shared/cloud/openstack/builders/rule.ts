import type { ApiThing } from '../api.ts';
import { canonicalOf } from '../attributes/attribute.ts';
import { ruleContent } from '../attributes/security-group.ts';

/** Whether two rules say the same: names and numbers of protocols, spellings of addresses and "from anywhere" count as equal. */
export function sameRule(a: ApiThing, b: ApiThing): boolean {
  return ruleContent.every((row) => {
    const [one, other] = [a, b].map((rule) => {
      const value = rule[row.field ?? ''] ?? row.default ?? null;
      return JSON.stringify(canonicalOf(row, value, rule));
    });
    return one === other;
  });
}

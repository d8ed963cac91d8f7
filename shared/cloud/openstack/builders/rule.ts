import type { ApiThing } from '../api.ts';
import { canonicalOf } from '../attributes/attribute.ts';
import { ruleContent } from '../attributes/security-group.ts';

/**
 * Whether two rules are equal, however the protocol (name or number), the addresses and "from
 * anywhere" are written.
 */
export function sameRule(a: ApiThing, b: ApiThing): boolean {
  return ruleContent.every((row) => {
    const [one, other] = [a, b].map((rule) => {
      const value = rule[row.field ?? ''] ?? row.default ?? null;
      return JSON.stringify(canonicalOf(row, value, rule));
    });
    return one === other;
  });
}

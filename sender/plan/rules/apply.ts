import { type MappingRule, measures, type RuleCondition } from '../../model/rule.ts';
import { type MappableThing, refOfThing } from './thing.ts';

/** That a rule decided about a thing. */
export interface Ruled {
  readonly ref: string;
  readonly thing: MappableThing;
  readonly rule: MappingRule;
}

/** The first rule that holds of a thing; undefined where none does. */
export function ruleFor(rules: readonly MappingRule[], thing: Omit<MappableThing, 'key'>): MappingRule | undefined {
  return rules.find(({ maps, when }) => maps === thing.maps && holds(when, thing));
}

/** What rules decide about things, one for each at the most. */
export function ruled(rules: readonly MappingRule[], things: readonly MappableThing[]): Ruled[] {
  return things.flatMap((thing) => {
    const rule = ruleFor(rules, thing);
    return rule === undefined ? [] : [{ ref: refOfThing(thing), thing, rule }];
  });
}

function holds(when: RuleCondition, thing: Omit<MappableThing, 'key'>): boolean {
  const named = [
    [when.name, thing.name],
    [when.zone, thing.zone],
    [when.type, thing.type],
  ] as const;
  return (
    named.every(([pattern, value]) => pattern === undefined || fits(pattern, value)) &&
    (when.tag === undefined || thing.tags.includes(when.tag)) &&
    measures.every((measure) => {
      const range = when[measure];
      const value = thing[measure];
      return range === undefined || (value !== undefined && value >= range.least && value <= range.most);
    })
  );
}

/** Whether a value is as a pattern says: `*` stands for any characters, `?` for one. */
export function fits(pattern: string, value: string): boolean {
  // Only the last `*` is gone back to, so that no pattern takes more than the product of both
  // lengths.
  const wanted = Array.from(pattern);
  const given = Array.from(value);
  let at = 0;
  let star = -1;
  let tried = 0;
  for (let place = 0; place < given.length; ) {
    if (at < wanted.length && wanted[at] !== '*' && (wanted[at] === '?' || wanted[at] === given[place])) {
      at += 1;
      place += 1;
    } else if (wanted[at] === '*') {
      star = at;
      tried = place;
      at += 1;
    } else if (star >= 0) {
      tried += 1;
      place = tried;
      at = star + 1;
    } else return false;
  }
  return wanted.slice(at).every((rest) => rest === '*');
}

import type { DestinationFacts } from '../../../shared/cloud/facts.ts';
import { proposeMappings } from '../../../shared/cloud/propose-mappings.ts';
import { supportedDocument } from '../../../shared/cloud/supported.ts';
import type { Configurations } from '../../../shared/model/configurations.ts';
import { wordOf } from '../../../shared/model/kind-words.ts';
import { type Mappings, overlaid } from '../../../shared/model/mappings.ts';
import { Problem } from '../../../shared/problem.ts';
import { type MappingRule, mapped, type RuleTarget } from '../../model/rule.ts';
import { ruled } from './apply.ts';
import { acceptedAbove, type MappingSuggestion, suggestionsFor } from './suggest.ts';
import { mappingsOf, placeOf, targets, thingsOf } from './target.ts';
import { partsOf, refOfThing, thingsAround } from './thing.ts';

/** Why a plan maps something as it does. `to` is null where nothing maps it. */
export interface MappingReason {
  readonly ref: string;
  readonly name: string;
  readonly to: string | null;
  readonly says: string;
  /** What may take its place, where nothing maps it; the best first. */
  readonly suggestions: readonly MappingSuggestion[];
}

/** Which suggestions are taken: those that were chosen, and the best ones from a score on. */
export interface AcceptedSuggestions {
  readonly above?: number | undefined;
  readonly chosen?: readonly Pick<MappingSuggestion, 'ref' | 'to'>[] | undefined;
}

/**
 * The mappings of a new plan, and why: rules stand above suggestions, and these above what is
 * there.
 */
export interface MappingProposal {
  readonly mappings: Mappings;
  readonly reasons: readonly MappingReason[];
}

/** Maps a document by rules, by accepted suggestions, and by what the destination has. */
export function propose(
  document: Configurations,
  facts: DestinationFacts,
  rules: readonly MappingRule[],
  { above = Number.POSITIVE_INFINITY, chosen = [] }: AcceptedSuggestions,
): MappingProposal {
  const supported = supportedDocument(document, new Set(facts.kinds));
  const things = thingsOf(supported);
  const decided = ruled(rules, things);
  const ruledTo = decided.map(({ thing: { maps, key, name }, rule }) => ({ maps, key, name, to: rule.to }));
  const proposed = overlaid(proposeMappings(supported, facts), mappingsOf(ruledTo));
  const suggestions = suggestionsFor(supported, proposed, facts);
  const wanted = suggestions.filter(({ ref, to }) => chosen.some((one) => one.ref === ref && one.to === to));
  const accepted = [...acceptedAbove(suggestions, above), ...wanted];
  const mappings = overlaid(proposed, mappingsOf(accepted.map(({ ref, name, to }) => ({ ...partsOf(ref), name, to }))));
  const reasons = things.map((thing) => {
    const ref = refOfThing(thing);
    const rule = decided.find((one) => one.ref === ref)?.rule;
    const suggestion = accepted.findLast((one) => one.ref === ref);
    const to = placeOf(thing, mappings, facts);
    const says =
      rule !== undefined
        ? `the rule "${rule.name}"`
        : suggestion !== undefined
          ? `an accepted suggestion (${suggestion.score}: ${suggestion.says})`
          : usual(thing.maps, to);
    return { ref, name: thing.name, to, says, suggestions: to === null ? suggestions.filter((one) => one.ref === ref) : [] };
  });
  return { mappings, reasons };
}

/** The reasons after earlier campaigns were looked at: what they built takes the place. */
export function afterEarlier(reasons: readonly MappingReason[], document: Configurations, mappings: Mappings): MappingReason[] {
  const things = new Map(thingsOf(document).map((thing) => [refOfThing(thing), thing]));
  return reasons.map((reason) => {
    const thing = things.get(reason.ref);
    const to = thing === undefined ? reason.to : placeOf(thing, mappings);
    return to === reason.to ? reason : { ...reason, to, says: 'an earlier campaign built it', suggestions: [] };
  });
}

/**
 * The reasons of one thing, such as `server/web-1`, by name or id, and of what a server needs.
 * Throws E_NOT_FOUND where there is none, and E_USAGE where several have the name.
 */
export function reasonsAbout(reasons: readonly MappingReason[], wanted: string, document: Configurations): MappingReason[] {
  const [kind = '', ...rest] = wanted.split('/');
  const named = rest.join('/');
  const own = reasons.filter(({ ref, name }) => ref === wanted || (ref.startsWith(`${kind}/`) && name === named));
  const [only] = own;
  if (only === undefined)
    throw new Problem('E_NOT_FOUND', `Nothing of the plan is ${wanted}, or it is not mapped.`, {
      hint: `Name one of ${mapped.join(', ')} and its name or id, such as server/web-1.`,
    });
  if (own.length > 1)
    throw new Problem('E_USAGE', `${own.length} have the name ${wanted}: ${own.map(({ ref }) => ref).join(', ')}.`);
  const around = thingsAround(only.ref, document);
  return reasons.filter(({ ref }) => around.has(ref));
}

/** A reason in one line: what, what takes its place, why. */
export function reasonText({ ref, name, to, says, suggestions }: MappingReason): string {
  const what = name === '' || ref.endsWith(`/${name}`) ? ref : `${ref} (${name})`;
  const may = suggestions.map((one) => `${one.to} (${one.score}: ${one.says})`).join(', or ');
  return `${what}: ${to ?? 'not mapped'}, ${says}${may === '' ? '' : `; it may be ${may}`}`;
}

/** What a plan does where no rule says anything. */
function usual(maps: RuleTarget, to: string | null): string {
  if (to === null) return 'for no rule holds and nothing there is equal';
  if (to === 'create') return `for it becomes a new ${wordOf(maps === 'volume_type' ? 'volume' : maps)}`;
  return targets[maps].usual;
}

import type { DestinationFacts } from '../../../shared/cloud/facts.ts';
import type { Configurations } from '../../../shared/model/configurations.ts';
import { type Mappings, noMappings } from '../../../shared/model/mappings.ts';
import { refOf } from '../../../shared/model/resource.ts';

/** What may take the place of something that nothing maps: a score from 0 to 1, and why. */
export interface MappingSuggestion {
  readonly ref: string;
  readonly name: string;
  /** The id or name at the destination. */
  readonly to: string;
  readonly score: number;
  readonly says: string;
}

/** Suggestions for one thing at the most, and the least score of one. */
const mostForOne = 3;
const leastScore = 0.3;

/**
 * What may take the place of flavors, volume types and external networks that a plan does not map,
 * the best first. A flavor that is smaller than the one it replaces is never suggested.
 */
export function suggestionsFor(document: Configurations, mappings: Mappings, facts: DestinationFacts): MappingSuggestion[] {
  const flavors = document.flavors.filter(({ id }) => mappings.flavors[id] === undefined);
  const networks = document.networks.filter(({ id }) => mappings.networks[id] === undefined);
  const types = new Set(document.volumes.flatMap(({ volume_type }) => (volume_type === null ? [] : [volume_type])));
  const unmapped = [...types].filter((name) => mappings.volume_types?.[name] === undefined);
  return [
    ...flavors.flatMap((flavor) =>
      best(refOf('flavor', flavor.id), flavor.name, facts.flavors, (one) => flavorScore(flavor, one)),
    ),
    ...networks.flatMap(({ id, name, external }) =>
      best(
        refOf('network', id),
        name,
        facts.networks.filter((one) => one.external === external),
        (one) => nameScore(name, one.name),
      ),
    ),
    ...unmapped.flatMap((name) => best(`volume_type/${name}`, name, facts.volume_types, (one) => nameScore(name, one.name))),
  ];
}

/** The best suggestion for each thing, of those with at least this score. */
export function acceptedAbove(suggestions: readonly MappingSuggestion[], score: number): MappingSuggestion[] {
  return [...Map.groupBy(suggestions, ({ ref }) => ref).values()].flatMap(([first]) =>
    first !== undefined && first.score >= score ? [first] : [],
  );
}

/** Suggestions that were accepted, as the mappings of a plan. */
export function suggestedMappings(accepted: readonly MappingSuggestion[]): Mappings {
  const of = (kind: string): [string, { name: string; to: string }][] =>
    accepted.flatMap(({ ref, name, to }) =>
      ref.startsWith(`${kind}/`) ? [[ref.slice(kind.length + 1), { name, to }] as const] : [],
    );
  const types = of('volume_type').map(([name, { to }]) => [name, { to }] as const);
  return {
    ...noMappings,
    flavors: Object.fromEntries(of('flavor')),
    networks: Object.fromEntries(of('network')),
    volume_types: Object.fromEntries(types),
  };
}

interface ScoredCandidate {
  readonly score: number;
  readonly says: string;
}

function best<T extends { readonly id: string; readonly name: string }>(
  ref: string,
  name: string,
  candidates: readonly T[],
  scoreOf: (candidate: T) => ScoredCandidate,
): MappingSuggestion[] {
  const isUnique = (one: T): boolean => candidates.filter((other) => other.name === one.name).length === 1;
  return candidates
    .map((one) => ({ ref, name, to: isUnique(one) ? one.name : one.id, ...scoreOf(one) }))
    .filter(({ score }) => score >= leastScore)
    .sort((a, b) => b.score - a.score)
    .slice(0, mostForOne);
}

type FlavorLike = Pick<
  Configurations['flavors'][number],
  'name' | 'vcpus' | 'ram' | 'disk' | 'ephemeral' | 'swap' | 'extra_specs'
>;

/** By what is larger than it must be; hardware that the guest may see counts a fifth each. */
function flavorScore(wanted: FlavorLike, one: FlavorLike): ScoredCandidate {
  const sizes = (['vcpus', 'ram', 'disk', 'ephemeral', 'swap'] as const).map((size) => [size, wanted[size], one[size]] as const);
  if (sizes.some(([, from, to]) => to < from)) return { score: 0, says: 'it is smaller' };
  const larger = sizes.filter(([, from, to]) => to > from);
  const room = Math.min(1, ...larger.map(([, from, to]) => Math.max(0.1, from / to)));
  const names = new Set([...Object.keys(wanted.extra_specs), ...Object.keys(one.extra_specs)]);
  const others = [...names].filter((name) => wanted.extra_specs[name] !== one.extra_specs[name]).sort();
  const says = [
    larger.length === 0 ? 'the same size' : larger.map(([size, from, to]) => `${size} ${to} for ${from}`).join(', '),
    ...(others.length === 0 ? [] : [`other extra specs: ${others.join(', ')}`]),
  ];
  return { score: rounded(room * 0.8 ** others.length), says: says.join('; ') };
}

/** By the pairs of letters that two names share, as Dice's coefficient counts them. */
function nameScore(wanted: string, one: string): ScoredCandidate {
  const pairs = (name: string): string[] => {
    const letters = Array.from(name.toLowerCase());
    return letters.slice(1).map((letter, index) => `${letters[index]}${letter}`);
  };
  if (wanted.toLowerCase() === one.toLowerCase()) return { score: 0.95, says: 'the same name but for capitals' };
  const left = pairs(one);
  const shared = pairs(wanted).filter((pair) => {
    const at = left.indexOf(pair);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  }).length;
  const all = pairs(wanted).length + pairs(one).length;
  return { score: rounded(all === 0 ? 0 : (0.9 * 2 * shared) / all), says: 'a name that is alike' };
}

function rounded(score: number): number {
  return Math.round(score * 100) / 100;
}

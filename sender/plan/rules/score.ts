import type { Configurations } from '../../../shared/model/configurations.ts';

/** How well something may take the place of another: a score from 0 to 1, and why. */
export interface ScoredCandidate {
  readonly score: number;
  readonly says: string;
}

type FlavorLike = Pick<
  Configurations['flavors'][number],
  'name' | 'vcpus' | 'ram' | 'disk' | 'ephemeral' | 'swap' | 'extra_specs'
>;

/** By what is larger than it must be; hardware that the guest may see counts a fifth each. */
export function flavorScore(wanted: FlavorLike, one: FlavorLike): ScoredCandidate {
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
export function nameScore(wanted: string, one: string): ScoredCandidate {
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

import { isDeepStrictEqual } from 'node:util';
import type { Feature, Portrait } from './portrait.ts';

/** One thing that was compared. `differs` says how it differs; null where it does not. */
export interface Check {
  readonly kind: string;
  readonly name: string;
  readonly differs: string | null;
}

/**
 * Compares two portraits feature by feature, both ways: nothing may be missing, nothing may be new.
 */
export function compare(source: Portrait, destination: Portrait): Check[] {
  const left = [...destination];
  const checks = source.map((feature): Check => {
    const index = left.findIndex(({ kind, name }) => kind === feature.kind && name === feature.name);
    const [counterpart] = index === -1 ? [] : left.splice(index, 1);
    return { kind: feature.kind, name: feature.name, differs: differenceOf(feature, counterpart) };
  });
  const extra = left.map(({ kind, name }): Check => ({ kind, name, differs: 'it is not there at the source' }));
  return [...checks, ...extra];
}

function differenceOf({ attributes }: Feature, counterpart: Feature | undefined): string | null {
  if (counterpart === undefined) return 'it is missing';
  const names = [...new Set([...Object.keys(attributes), ...Object.keys(counterpart.attributes)])];
  const different = names.filter((name) => !isDeepStrictEqual(attributes[name], counterpart.attributes[name]));
  if (different.length === 0) return null;
  return different
    .map((name) => `${name} is ${JSON.stringify(counterpart.attributes[name])}, not ${JSON.stringify(attributes[name])}`)
    .join('; ');
}

/** Names and addresses that are the cloud's own and so differ, as `what: source → destination`. */
export function mappedOf(source: Portrait, destination: Portrait): string[] {
  const lines = source.flatMap(({ kind, name, local }) => {
    const counterpart = destination.find((feature) => feature.kind === kind && feature.name === name);
    return Object.entries(local).flatMap(([what, here]) => {
      const there = counterpart?.local[what];
      return there === undefined || there === here ? [] : [`${kind} ${name}: ${what} ${here} → ${there}`];
    });
  });
  return [...new Set(lines)];
}

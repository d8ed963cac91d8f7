import { cut, visible } from '../../../shared/print/text.ts';
import { compareText } from '../traffic/matrix.ts';
import { costOfWaves } from './propose.ts';
import type { Question, ServiceOf } from './request.ts';

/** Whether waves are asked to be so and not otherwise. */
export function isBound({ limits = {}, gapMs = 0, before = [], together = [] }: Question): boolean {
  return Object.values(limits).some((limit) => limit !== undefined) || gapMs > 0 || before.length > 0 || together.length > 0;
}

/**
 * The same order as people would write it, where that costs nothing: servers that talk with nobody go first in one wave, the smallest first, as a
 * rehearsal; and single servers that follow each other one by one share a wave.
 */
export function tidied(question: Question, waves: readonly (readonly string[])[]): readonly (readonly string[])[] {
  if (isBound(question)) return waves;
  const talking = new Set(question.pairs.flatMap(({ a, b }) => [a, b]));
  const inService = new Set(
    (question.services ?? []).filter(({ servers }) => servers.length > 1).flatMap(({ servers }) => servers),
  );
  const silent = question.servers
    .filter(({ id }) => !talking.has(id) && !inService.has(id))
    .sort((a, b) => (a.bytes ?? 0) - (b.bytes ?? 0) || compareText(a.name ?? '', b.name ?? '') || compareText(a.id, b.id))
    .map(({ id }) => id);
  const quiet = new Set(silent);
  const loud = waves.map((wave) => wave.filter((id) => !quiet.has(id))).filter((wave) => wave.length > 0);
  const merged = (question.parallel ?? 1) > 1 ? loud : withSinglesMerged(loud);
  const tidy = [...(silent.length > 0 ? [silent] : []), ...merged];
  const costs = (one: readonly (readonly string[])[]): number => costOfWaves(question, one).cost;
  return costs(tidy) <= costs(waves) ? tidy : waves;
}

function withSinglesMerged(waves: readonly (readonly string[])[]): string[][] {
  const merged: string[][] = [];
  let single = false;
  for (const wave of waves) {
    if (wave.length === 1 && single) merged.at(-1)?.push(...wave);
    else merged.push([...wave]);
    single = wave.length === 1;
  }
  return merged;
}

/** The same order with waves cut around sets that must be waves of their own; each set stands side by side already. */
export function apart(
  waves: readonly (readonly string[])[],
  sets: readonly (readonly string[])[],
): readonly (readonly string[])[] {
  const setOf = new Map(sets.flatMap((set, index) => set.map((id) => [id, index] as const)));
  return waves.flatMap((wave) => {
    const parts: string[][] = [];
    for (const [index, id] of wave.entries()) {
      const before = wave[index - 1];
      if (before === undefined || setOf.get(before) !== setOf.get(id)) parts.push([]);
      parts.at(-1)?.push(id);
    }
    return parts;
  });
}

/** A wave with the name it gets in the plan. */
export interface NamedWave {
  readonly name: string;
  readonly servers: readonly string[];
}

/** Longest part of a wave's name that says what moves in it; the plan allows a hundred characters in all. */
const longestLabel = 60;

/** Numbers the waves and names them after the services that move in them. */
export function named(waves: readonly (readonly string[])[], services: readonly ServiceOf[]): NamedWave[] {
  const serviceOf = new Map(services.flatMap((service) => service.servers.map((id) => [id, service] as const)));
  return waves.map((servers, index) => {
    const own = [...new Set(servers.flatMap((id) => serviceOf.get(id) ?? []))];
    const large = own.filter((service) => service.servers.length > 1).map(({ name }) => visible(name));
    const singles = own.length - large.length;
    const label =
      large.length > 0
        ? `${large[0]}${own.length > 1 ? ` and ${own.length - 1} more` : ''}`
        : singles === 1
          ? visible(own[0]?.name ?? '')
          : `${singles} single servers`;
    return { name: `wave-${index + 1} ${cut(label, longestLabel)}`.slice(0, 100).toWellFormed(), servers };
  });
}

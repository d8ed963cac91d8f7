import { compareText } from '../math/compare-text.ts';
import { costOfWaves } from './propose.ts';
import type { OrderRequest } from './request.ts';

/** Whether a request constrains its waves in any way. */
export function hasWaveConstraints({ limits = {}, gapMs = 0, before = [], together = [] }: OrderRequest): boolean {
  return Object.values(limits).some((limit) => limit !== undefined) || gapMs > 0 || before.length > 0 || together.length > 0;
}

/**
 * Rewrites waves for people where that costs nothing: servers without traffic go first in one wave,
 * smallest first, as a rehearsal, and adjacent single servers share a wave.
 */
export function tidyWaves(request: OrderRequest, waves: readonly (readonly string[])[]): readonly (readonly string[])[] {
  if (hasWaveConstraints(request)) return waves;
  const talking = new Set(request.pairs.flatMap(({ a, b }) => [a, b]));
  const inService = new Set(
    (request.services ?? []).filter(({ servers }) => servers.length > 1).flatMap(({ servers }) => servers),
  );
  const silent = request.servers
    .filter(({ id }) => !talking.has(id) && !inService.has(id))
    .sort((a, b) => (a.bytes ?? 0) - (b.bytes ?? 0) || compareText(a.name ?? '', b.name ?? '') || compareText(a.id, b.id))
    .map(({ id }) => id);
  const quiet = new Set(silent);
  const loud = waves.map((wave) => wave.filter((id) => !quiet.has(id))).filter((wave) => wave.length > 0);
  const merged = (request.parallel ?? 1) > 1 ? loud : withSinglesMerged(loud);
  const tidy = [...(silent.length > 0 ? [silent] : []), ...merged];
  const costs = (one: readonly (readonly string[])[]): number => costOfWaves(request, one).cost;
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

/** Cuts waves around sets that need a wave of their own; each set is already adjacent. */
export function isolateSets(
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

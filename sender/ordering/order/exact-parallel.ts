import { type Instance, impossible } from './instance.ts';
import { WaveEnumerator } from './wave-enumerator.ts';
import { sequenceOf, type WaveSequence } from './wave-sequence.ts';

/** Most servers that are solved exactly in parallel, in about n! steps. */
export const mostParallel = 8;

/**
 * The best waves for a few servers that move in parallel. The cost of a wave depends only on the
 * set of servers before it, so the best way to each set is kept. Throws E_ORDER.
 */
export function solveParallel(instance: Instance): WaveSequence {
  const full = 2 ** instance.size - 1;
  const best = new Float64Array(full + 1).fill(Number.POSITIVE_INFINITY);
  const came: { readonly start: number; readonly wave: readonly number[] }[] = [];
  best[0] = 0;
  for (let start = 0; start < full; start++) {
    if (best[start] === Number.POSITIVE_INFINITY) continue;
    const search = new WaveEnumerator(instance, start);
    search.explore((set, wave, cost) => {
      const sum = (best[start] as number) + cost;
      if (sum >= (best[set] as number)) return;
      best[set] = sum;
      came[set] = { start, wave: [...wave] };
    });
  }
  if (best[full] === Number.POSITIVE_INFINITY) throw impossible('No order keeps all constraints and limits.');
  const waves: (readonly number[])[] = [];
  for (let set = full; set !== 0; ) {
    const { start, wave } = came[set] as (typeof came)[number];
    waves.unshift(wave);
    set = start;
  }
  return sequenceOf(waves);
}

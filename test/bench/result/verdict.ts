import { type Run, ratioOf, type Spread, type Verdict } from './record.ts';

/** Whether ours was at least so many times as fast as a rival. */
export function fasterThan(
  runs: readonly Run[],
  rival: string | undefined,
  ours: string,
  least: number,
  called: string,
): Verdict {
  const target = `at least ${least} x ${called}`;
  if (rival === undefined) return { target, seen: 'no rival ran', met: false };
  const ratio = ratioOf(runs, rival, ours);
  return { target, seen: `${times(ratio)}${called === rival ? '' : ` (${rival})`}`, met: ratio.median >= least };
}

/** A ratio as people read it: of the medians, and its least and greatest. */
export function times({ median, min, max, count }: Spread): string {
  return `${median.toFixed(2)} x (${min.toFixed(2)} to ${max.toFixed(2)}, ${count} ${count === 1 ? 'round' : 'rounds'})`;
}

import { showDuration } from '../../../shared/print/units.ts';
import type { Crossover, Estimate } from '../prediction/predict.ts';

/** A predicted time with its range. */
export function showRange({ value, low, high }: Estimate): string {
  return `${showDuration(value)} (${roughly(low)} – ${roughly(high)})`;
}

/** The end of a range, without digits that mean nothing. */
function roughly(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 1) return `${Math.round(ms / 1000)} s`;
  if (minutes < 90) return `${Math.round(minutes)} min`;
  return minutes < 2_880 ? `${(minutes / 60).toFixed(1)} h` : `${(minutes / 1_440).toFixed(1)} d`;
}

/** States the number of servers from which one after the other is quicker. */
export function crossoverSentence({ at, rows }: Crossover): string {
  return at === null
    ? `Up to ${rows.length} servers of mean size move quicker all at once than one after the other.`
    : `From ${at} servers of mean size on, one after the other is quicker than all at once.`;
}

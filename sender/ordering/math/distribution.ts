/** A distribution: quartiles, mean, and counts in equally wide bins. */
export interface Distribution {
  readonly min: number;
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly max: number;
  readonly mean: number;
  readonly bins: readonly { readonly from: number; readonly until: number; readonly count: number }[];
}

/**
 * The value at a fraction of an ascending list: 0 is the first, 0.5 the median. The list MUST NOT
 * be empty.
 */
export function quantileOf<T>(sorted: readonly T[], part: number): T {
  return sorted[Math.round(part * (sorted.length - 1))] as T;
}

/** The distribution of values, in one bin where all are equal. There MUST be at least one value. */
export function distributionOf(values: readonly number[], bins = 12): Distribution {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number => quantileOf(sorted, part);
  const min = at(0);
  const max = at(1);
  const count = max > min ? bins : 1;
  const width = (max - min) / count;
  const counts = Array.from({ length: count }, () => 0);
  for (const value of sorted) {
    const bin = width > 0 ? Math.min(count - 1, Math.floor((value - min) / width)) : 0;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return {
    min,
    max,
    lowerQuartile: at(0.25),
    median: at(0.5),
    upperQuartile: at(0.75),
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    bins: counts.map((own, index) => ({ from: min + index * width, until: min + (index + 1) * width, count: own })),
  };
}

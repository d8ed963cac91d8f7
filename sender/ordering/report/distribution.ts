/** How values are spread: the least, the quarters, the greatest, and how many are in each of equally wide bins from the least to the greatest. */
export interface Distribution {
  readonly min: number;
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly max: number;
  readonly mean: number;
  readonly bins: readonly { readonly from: number; readonly until: number; readonly count: number }[];
}

/** What stands behind so large a part of a list that ascends: 0 is its first, 0.5 its median, 1 its last. There must be one at least. */
export function quantileOf<T>(sorted: readonly T[], part: number): T {
  return sorted[Math.round(part * (sorted.length - 1))] as T;
}

/** How values are spread, in so many bins; one bin where they are all alike. There must be one value at least. */
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

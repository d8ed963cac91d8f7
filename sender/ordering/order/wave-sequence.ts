/** An order and its waves: the servers, and the position at which each wave ends. */
export interface WaveSequence {
  readonly order: Int32Array;
  readonly ends: readonly number[];
}

/** Joins waves to a sequence. */
export function sequenceOf(waves: readonly (readonly number[])[]): WaveSequence {
  const ends: number[] = [];
  for (const wave of waves) ends.push((ends.at(-1) ?? 0) + wave.length);
  return { order: Int32Array.from(waves.flat()), ends };
}

/** Splits a sequence into its waves. */
export function wavesOf({ order, ends }: WaveSequence): number[][] {
  return ends.map((end, index) => Array.from(order.subarray(ends[index - 1] ?? 0, end)));
}

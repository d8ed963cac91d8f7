/**
 * Random numbers from a seed, the same on every machine: mulberry32 by Tommy Ettinger, public
 * domain.
 */
export interface Random {
  /** At least 0 and less than 1. */
  next(): number;
  /** A whole number at least 0 and less than the limit. */
  below(limit: number): number;
}

/** Returns the generator of a seed. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, below: (limit) => Math.floor(next() * limit) };
}

/** A copy of a list in random order; all orders are equally likely. */
export function shuffled<T>(list: readonly T[], random: Random): T[] {
  const copy = [...list];
  for (let last = copy.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const kept = copy[last] as T;
    copy[last] = copy[other] as T;
    copy[other] = kept;
  }
  return copy;
}

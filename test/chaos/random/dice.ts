/** A source of chance that a seed repeats (Marsaglia, "Xorshift RNGs", 2003). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed ^ 0x9e3779b9) >>> 0 || 1;
    for (let turns = 0; turns < 8; turns += 1) this.upTo(2);
  }

  /** An integer from 0 to `sides` - 1. */
  upTo(sides: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    this.#state >>>= 0;
    return this.#state % sides;
  }

  /** One of some values. */
  of<T>(values: readonly T[]): T {
    const value = values[this.upTo(values.length)];
    if (value === undefined) throw new Error('There is nothing to choose from.');
    return value;
  }

  /** Whether something happens that happens once in so many times. */
  onceIn(times: number): boolean {
    return this.upTo(times) === 0;
  }
}

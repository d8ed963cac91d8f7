import { type Random, seededRandom } from '../../sender/ordering/math/random.ts';

/** A source of chance that a seed repeats, for tests that draw what happens. */
export class Dice {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** An integer from 0 to `sides` - 1. */
  below(sides: number): number {
    return this.#random.below(sides);
  }

  /** One of some values. */
  of<T>(values: readonly T[]): T {
    if (values.length === 0) throw new Error('There is nothing to choose from.');
    return values[this.below(values.length)] as T;
  }

  /** Whether something happens that happens so many times in a hundred. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  /** Whether something happens that happens once in so many times. */
  onceIn(times: number): boolean {
    return this.below(times) === 0;
  }
}

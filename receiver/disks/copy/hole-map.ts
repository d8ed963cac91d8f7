import type { Extent } from '../../../shared/disk/block-source.ts';
import { holesOf } from '../../../shared/disk/holes.ts';

/**
 * The holes of a file, told stretch by stretch from its beginning to its end: a ragged disk has
 * millions of them, of which only those of one stretch are kept. A file system that does not report
 * them has none.
 */
export class HoleMap {
  readonly #path: string;
  readonly #size: number;
  readonly #signal: AbortSignal;
  #extents: AsyncIterator<Extent> | null = null;
  /** The last extents that were told, in order; they cover the stretch that was asked for. */
  #told: Extent[] = [];
  #isOver = false;

  constructor(path: string, size: number, signal: AbortSignal) {
    this.#path = path;
    this.#size = size;
    this.#signal = signal;
  }

  /**
   * Whether bytes of a stretch are a hole, which reads as zeros and holds no data that could
   * change. The stretches MUST be asked for in order. Throws the signal's reason.
   */
  async within(from: number, to: number): Promise<(offset: number, length: number) => boolean> {
    this.#told = this.#told.filter(({ offset, length }) => offset + length > from);
    while (!this.#isOver && endOf(this.#told.at(-1)) < to) {
      const next = await this.#next();
      if (next === undefined) this.#isOver = true;
      else if (next.offset + next.length > from) this.#told.push(next);
    }
    const extents = this.#told;
    return (offset, length) => {
      const found = extents[placeOf(extents, offset)];
      return found?.zero === true && found.offset <= offset && endOf(found) >= offset + length;
    };
  }

  /** Ends the telling. */
  async close(): Promise<void> {
    await this.#extents?.return?.();
  }

  async #next(): Promise<Extent | undefined> {
    try {
      this.#extents ??= holesOf(this.#path, this.#size, this.#signal)[Symbol.asyncIterator]();
      const { done, value } = await this.#extents.next();
      return done === true ? undefined : value;
    } catch {
      this.#signal.throwIfAborted();
      return undefined;
    }
  }
}

function endOf(extent: Extent | undefined): number {
  return extent === undefined ? 0 : extent.offset + extent.length;
}

/** The place of the first extent that ends behind a byte. */
function placeOf(extents: readonly Extent[], offset: number): number {
  let low = 0;
  let high = extents.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (endOf(extents[middle]) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

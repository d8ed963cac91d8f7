/** Longest line or XML element that is parsed; an entry of conntrack has about 400 characters. */
const defaultLimit = 65_536;

/**
 * Splits text that arrives in chunks at a separator. It drops and counts longer pieces, which
 * bounds its memory.
 */
export class ChunkSplitter {
  readonly #separator: string;
  readonly #limit: number;
  #rest = '';
  #dropping = false;
  /** How many pieces were too long. */
  dropped = 0;

  constructor(separator = '\n', limit = defaultLimit) {
    this.#separator = separator;
    this.#limit = limit;
  }

  /** The pieces that are complete now, without separators. */
  push(chunk: string): string[] {
    const pieces = `${this.#rest}${chunk}`.split(this.#separator);
    this.#rest = pieces.pop() ?? '';
    if (this.#dropping && pieces.length > 0) {
      pieces.shift();
      this.#dropping = false;
    }
    if (this.#rest.length > this.#limit) {
      if (!this.#dropping) this.dropped++;
      this.#dropping = true;
      // A chunk may end inside a separator.
      this.#rest = this.#rest.slice(1 - this.#separator.length || this.#rest.length);
    }
    const short = pieces.filter(({ length }) => length <= this.#limit);
    this.dropped += pieces.length - short.length;
    return short;
  }

  /** The text behind the last separator. */
  end(): string {
    const rest = this.#dropping ? '' : this.#rest;
    this.#rest = '';
    this.#dropping = false;
    return rest;
  }
}

/** Longest line or XML element that is looked at; one entry of conntrack has some 400 characters. */
const defaultLimit = 65_536;

/** Cuts text that arrives in chunks at a separator. What is longer than the limit is dropped and counted, so memory stays fixed. */
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

  /** The pieces that are whole now, without their separators. */
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
      // A separator may arrive in two halves.
      this.#rest = this.#rest.slice(1 - this.#separator.length || this.#rest.length);
    }
    const short = pieces.filter(({ length }) => length <= this.#limit);
    this.dropped += pieces.length - short.length;
    return short;
  }

  /** What stood behind the last separator. */
  end(): string {
    const rest = this.#dropping ? '' : this.#rest;
    this.#rest = '';
    this.#dropping = false;
    return rest;
  }
}

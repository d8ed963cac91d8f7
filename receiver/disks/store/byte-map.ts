import { Problem } from '../../../shared/problem.ts';
import type { Budget } from './budget.ts';

/** Places of one chunk: 4 GiB of a disk in blocks of 64 KiB. */
export const chunkPlaces = 65_536;

/** Places one after the other that have the same byte; `to` is the place behind the last. */
export interface ByteRun {
  readonly byte: number;
  readonly from: number;
  readonly to: number;
}

/**
 * One byte for each place of a long list. A chunk of places that are all alike takes no memory, so
 * that a large disk without much data is cheap to declare, to fill and to search.
 */
export class ByteMap {
  readonly length: number;
  readonly #memory: Budget;
  /** Each chunk: the byte of all its places, or the bytes. */
  readonly #chunks: (number | Uint8Array)[];
  #taken = 0;

  /** `memory`: shared with others. */
  constructor(length: number, byte: number, memory: Budget) {
    this.length = length;
    this.#memory = memory;
    this.#chunks = Array.from({ length: Math.ceil(length / chunkPlaces) }, () => byte);
  }

  get(place: number): number {
    const chunk = this.#chunks[Math.floor(place / chunkPlaces)] ?? 0;
    return typeof chunk === 'number' ? chunk : (chunk[place % chunkPlaces] ?? 0);
  }

  /** Throws E_BUSY where there is no memory for a chunk that is no longer alike. */
  set(place: number, byte: number): void {
    const index = Math.floor(place / chunkPlaces);
    if (this.#chunks[index] !== byte) this.#bytesOf(index)[place % chunkPlaces] = byte;
  }

  /** Gives all places of a stretch one byte. Throws E_BUSY as `set` does. */
  fill(byte: number, first: number, end: number): void {
    for (let from = first; from < end; ) {
      const index = Math.floor(from / chunkPlaces);
      const start = index * chunkPlaces;
      const to = Math.min(end, start + chunkPlaces);
      if (from === start && to === Math.min(this.length, start + chunkPlaces)) this.#makeAlike(index, byte);
      else if (this.#chunks[index] !== byte) this.#bytesOf(index).fill(byte, from - start, to - start);
      from = to;
    }
  }

  /** Yields the runs of a stretch, in order; a run ends with its chunk. */
  *runs(first: number, end: number): Generator<ByteRun> {
    for (let from = first; from < end; ) {
      const index = Math.floor(from / chunkPlaces);
      const to = Math.min(end, (index + 1) * chunkPlaces);
      const chunk = this.#chunks[index] ?? 0;
      if (typeof chunk === 'number') yield { byte: chunk, from, to };
      else yield* runsIn(chunk, from, to, index * chunkPlaces);
      from = to;
    }
  }

  /** Changes every byte by a rule. */
  change(rule: (byte: number) => number): void {
    const table = Uint8Array.from({ length: 256 }, (_, byte) => rule(byte));
    for (const [index, chunk] of this.#chunks.entries()) {
      if (typeof chunk === 'number') this.#chunks[index] = table[chunk] ?? 0;
      else for (let at = 0; at < chunk.length; at += 1) chunk[at] = table[chunk[at] ?? 0] ?? 0;
    }
  }

  /** Gives the places of every chunk that is not alike one byte, and its memory back. */
  settle(byte: number): void {
    for (const [index, chunk] of this.#chunks.entries()) if (typeof chunk !== 'number') this.#makeAlike(index, byte);
  }

  /** Gives all memory back; the map MUST NOT be used any more. */
  close(): void {
    this.#memory.giveBack(this.#taken);
    this.#taken = 0;
    this.#chunks.length = 0;
  }

  #bytesOf(index: number): Uint8Array {
    const chunk = this.#chunks[index] ?? 0;
    if (typeof chunk !== 'number') return chunk;
    if (!this.#memory.take(chunkPlaces))
      throw new Problem('E_BUSY', 'The receiver has no memory left to keep track of the blocks of disks.', {
        hint: 'It goes on when other disks are sealed; move fewer at once.',
      });
    this.#taken += chunkPlaces;
    const bytes = new Uint8Array(chunkPlaces).fill(chunk);
    this.#chunks[index] = bytes;
    return bytes;
  }

  #makeAlike(index: number, byte: number): void {
    if (typeof this.#chunks[index] !== 'number') {
      this.#memory.giveBack(chunkPlaces);
      this.#taken -= chunkPlaces;
    }
    this.#chunks[index] = byte;
  }
}

/** Runs of a chunk's bytes; `base` is the place of its first. */
function* runsIn(bytes: Uint8Array, first: number, end: number, base: number): Generator<ByteRun> {
  for (let from = first; from < end; ) {
    const byte = bytes[from - base] ?? 0;
    let to = from + 1;
    while (to < end && bytes[to - base] === byte) to += 1;
    yield { byte, from, to };
    from = to;
  }
}

import { Problem } from '../../shared/problem.ts';
import type { ArrivedPieces } from '../messages/packed.ts';
import type { ArrivedFrame } from './frame.ts';

/** Puts the parts of one data frame together, in whatever order the lanes bring them. */
export class Assembly {
  readonly #first: ArrivedFrame;
  readonly #parts: { readonly at: number; readonly length: number; readonly payload: readonly Uint8Array[] }[] = [];
  #bytes = 0;

  constructor(first: ArrivedFrame) {
    this.#first = first;
  }

  /**
   * Adds a part; returns the whole once nothing lacks. Throws E_MALFORMED for what does not fit.
   */
  add({ codec, rawBytes, payload, part }: ArrivedFrame): ArrivedPieces | undefined {
    const { part: first, ...own } = this.#first;
    if (part === undefined || part.of !== first?.of || codec !== own.codec || rawBytes !== own.rawBytes)
      throw malformed('its parts are of different frames');
    const length = payload.reduce((sum, bytes) => sum + bytes.length, 0);
    this.#parts.push({ at: part.at, length, payload });
    this.#bytes += length;
    if (this.#bytes < part.of) return undefined;
    const sorted = this.#parts.toSorted((one, other) => one.at - other.at);
    let reached = 0;
    for (const { at, length: bytes } of sorted) {
      if (at !== reached) throw malformed('two of its parts overlap');
      reached += bytes;
    }
    return { codec, rawBytes, payload: sorted.flatMap((each) => each.payload) };
  }
}

function malformed(why: string): Problem {
  return new Problem('E_MALFORMED', `A data frame is refused: ${why}.`);
}

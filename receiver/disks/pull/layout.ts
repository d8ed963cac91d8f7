import type { Stretches } from '../../../protocol/messages/field.ts';
import type { BlockPart } from '../../../shared/disk/jobs/unpack.ts';
import { pieceBytes } from '../../../shared/model/disk.ts';
import { type BlockToPull, pieceLength } from './missing-block.ts';

/** The requests of one pull, and how its blocks are assembled from the answer. */
export interface PullLayout {
  readonly pieces: Stretches;
  readonly blocks: readonly { readonly offset: number; readonly parts: readonly BlockPart[] }[];
}

/** Lays out the pull of a batch: adjacent pieces are requested as one stretch. */
export function layOut(batch: readonly BlockToPull[]): PullLayout {
  const pieces: [number, number][] = [];
  let raw = 0;
  const ask = (first: number, count: number, length: number): BlockPart => {
    const last = pieces.at(-1);
    if (last !== undefined && last[0] + last[1] === first) last[1] += count;
    else pieces.push([first, count]);
    raw += length;
    return { at: raw - length, length };
  };
  const blocks = batch.map(({ missing, parts }) => {
    const first = missing.offset / pieceBytes;
    const whole = (): BlockPart[] => [ask(first, Math.ceil(missing.length / pieceBytes), missing.length)];
    const some = parts?.map((part, index) => part ?? ask(first + index, 1, pieceLength(missing, index)));
    return { offset: missing.offset, parts: some === undefined ? whole() : joined(some) };
  });
  return { pieces, blocks };
}

/** Joins parts that are adjacent in one file, so that they are one read. */
function joined(parts: readonly BlockPart[]): BlockPart[] {
  const longer: BlockPart[] = [];
  for (const part of parts) {
    const last = longer.at(-1);
    if (last === undefined || last.fd !== part.fd || last.at + last.length !== part.at) longer.push(part);
    else longer[longer.length - 1] = { ...last, length: last.length + part.length };
  }
  return longer;
}

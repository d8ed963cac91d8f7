import { limits } from '../../../protocol/limits.ts';
import type { Stretches } from '../../../protocol/messages/field.ts';
import type { ByteRange } from '../../../shared/disk/reading.ts';
import { pageBytes, pieceBytes } from '../../../shared/model/disk.ts';
import type { BlockToPull } from './missing-block.ts';

/**
 * The end of a pull's bytes, to which the next pull may refer back. `landed`: resolves with whether
 * it is in the file.
 */
export interface Tail {
  readonly range: ByteRange;
  readonly landed: Promise<boolean>;
}

/** The tail of a batch; `wrong` resolves with the offsets of wrong blocks. */
export function tailOf(batch: readonly BlockToPull[], wrong: Promise<readonly number[]>): Tail | undefined {
  const range = endOf(batch);
  if (range === undefined) return undefined;
  const [from, length] = range;
  return { range, landed: wrong.then((offsets) => !offsets.some((at) => at >= from && at < from + length)) };
}

/**
 * The last adjacent whole blocks of a batch, as far as one frame may refer back and one page
 * reaches; undefined where there are none.
 */
function endOf(batch: readonly BlockToPull[]): ByteRange | undefined {
  let tail: ByteRange | undefined;
  for (const { missing, parts } of batch.toReversed()) {
    const { offset, length } = missing;
    const [from, bytes] = tail ?? [offset + length, 0];
    const isNext = parts === undefined && offset + length === from && length % pieceBytes === 0;
    const fits = bytes + length <= limits.afterBytes && (bytes === 0 || from % pageBytes !== 0);
    if (!isNext || !fits) break;
    tail = [offset, bytes + length];
  }
  return tail;
}

/** The pieces of some bytes of the disk. */
export function piecesOf([offset, length]: ByteRange): Stretches[number] {
  return [offset / pieceBytes, length / pieceBytes];
}

import { type Algorithm, pieceBytes, pieceDigestBytes } from '../../model/disk.ts';
import { digestOf } from '../algorithm.ts';
import { type Bytes, gather, type Range } from '../reading.ts';

/** What is cut into pieces: ranges of a disk, each beginning at a piece. */
export interface PiecesJob {
  readonly from: Bytes;
  readonly ranges: readonly Range[];
  readonly algorithm: Algorithm;
}

/** Names the pieces of ranges: 8 bytes each, in order, the first of the algorithm's digest; the last piece of a range may be short. */
export function pieces({ from, ranges, algorithm }: PiecesJob): Uint8Array {
  const bytes = gather(from, ranges);
  const digests = new Uint8Array(ranges.reduce((sum, [, length]) => sum + Math.ceil(length / pieceBytes), 0) * pieceDigestBytes);
  let place = 0;
  let start = 0;
  for (const [, length] of ranges) {
    for (let at = 0; at < length; at += pieceBytes, place += pieceDigestBytes) {
      const piece = bytes.subarray(start + at, start + Math.min(at + pieceBytes, length));
      digests.set(digestOf(algorithm, piece).subarray(0, pieceDigestBytes), place);
    }
    start += length;
  }
  return digests;
}

import { type Algorithm, pieceBytes, pieceDigestBytes } from '../../model/disk.ts';
import { digestOf } from '../block-digest.ts';
import { type DiskPart, gather } from '../reading.ts';

/** What is cut into pieces: stretches of a disk, each beginning at a piece. */
export interface PiecesJob {
  readonly parts: readonly DiskPart[];
  readonly algorithm: Algorithm;
}

/**
 * Names the pieces of ranges: 8 bytes each, in order, the first of the algorithm's digest; the last
 * piece of a range may be short.
 */
export function pieces({ parts, algorithm }: PiecesJob): Uint8Array {
  const bytes = gather(parts);
  const ranges = parts.flatMap((part) => part.ranges);
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

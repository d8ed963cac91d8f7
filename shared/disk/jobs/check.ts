import { type Algorithm, digestBytes } from '../../model/disk.ts';
import { blockDigest } from '../block-digest.ts';
import { type ByteRange, type OpenFile, readPadded, scratch } from '../reading.ts';

/**
 * What is checked: ranges of a file that begin at a block, and the digests of their blocks in
 * order.
 */
export interface CheckJob {
  readonly file: OpenFile;
  readonly ranges: readonly ByteRange[];
  readonly digests: Uint8Array;
  readonly blockSize: number;
  readonly algorithm: Algorithm;
}

/**
 * Reads blocks again and compares: the places of those that differ, counted over all ranges. Behind
 * its end a file reads as zeros.
 */
export function check({ file, ranges, digests, blockSize, algorithm }: CheckJob): number[] {
  const differing: number[] = [];
  let place = 0;
  for (const [offset, length] of ranges) {
    const bytes = scratch(length);
    readPadded(file, bytes, offset);
    for (let at = 0; at < length; at += blockSize, place += 1) {
      const digest = digests.subarray(place * digestBytes, (place + 1) * digestBytes);
      if (!blockDigest(algorithm, bytes.subarray(at, at + blockSize)).equals(digest)) differing.push(place);
    }
  }
  return differing;
}

import { type Algorithm, digestBytes } from '../../model/disk.ts';
import { blockDigest } from '../algorithm.ts';
import { readPadded, scratch, writeFully } from '../reading.ts';

/** A block to take from another file: where it is there, where it belongs here, and its length. */
interface Donated {
  readonly fd: number;
  readonly at: number;
  readonly offset: number;
  readonly length: number;
}

/** What is copied: blocks of donors, their digests in order, and the file they belong in. */
export interface CopyJob {
  readonly blocks: readonly Donated[];
  readonly digests: Uint8Array;
  readonly algorithm: Algorithm;
  readonly fd: number;
}

/** Reads donors' blocks, checks each and writes those that have their digest; returns the places of the others. A donor's word is never taken. */
export function copy({ blocks, digests, algorithm, fd }: CopyJob): number[] {
  const bad: number[] = [];
  for (const [place, { fd: donor, at, offset, length }] of blocks.entries()) {
    const bytes = scratch(length);
    readPadded(donor, bytes, at);
    const digest = digests.subarray(place * digestBytes, (place + 1) * digestBytes);
    if (blockDigest(algorithm, bytes).equals(digest)) writeFully(fd, bytes, offset);
    else bad.push(place);
  }
  return bad;
}

import { type Algorithm, digestBytes } from '../../model/disk.ts';
import { blockDigest } from '../algorithm.ts';
import { type OpenFile, readPadded } from '../reading.ts';
import { Run } from '../run.ts';

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
  readonly file: OpenFile;
}

/** Reads donors' blocks, checks each and writes those that have their digest; returns the places of the others. A donor's word is never taken. */
export function copy({ blocks, digests, algorithm, file }: CopyJob): number[] {
  const run = new Run(file);
  const bad: number[] = [];
  for (const [place, { fd, at, offset, length }] of blocks.entries()) {
    const block = run.next(offset, length);
    readPadded({ fd }, block, at);
    const digest = digests.subarray(place * digestBytes, (place + 1) * digestBytes);
    if (blockDigest(algorithm, block).equals(digest)) run.keep(length);
    else bad.push(place);
  }
  run.write();
  return bad;
}

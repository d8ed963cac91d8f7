import type { DigestFile } from '../../receiver/disks/store/digest-file.ts';

/** Every marked block of a digest file. */
export function markedIn(digests: DigestFile): number[] {
  return [...digests.marked(0, digests.blocks)].flatMap(([from, to]) => Array.from({ length: to - from }, (_, at) => from + at));
}

import { digestBytes } from '../../../shared/model/disk.ts';

const nothing = Buffer.alloc(digestBytes);

/** The digests at some places of a list of digests, in order. */
export function digestsAt(digests: Uint8Array, places: readonly number[]): Buffer {
  return Buffer.concat(places.map((place) => digests.subarray(place * digestBytes, (place + 1) * digestBytes)));
}

/** Whether the digest at a place is that of a block of zeros. */
export function isZeroAt(digests: Uint8Array, place: number): boolean {
  return nothing.compare(digests, place * digestBytes, (place + 1) * digestBytes) === 0;
}

/** Whether two lists have the same digest, each at its place. */
export function isSameAt(ours: Uint8Array, place: number, theirs: Uint8Array, there = place): boolean {
  const view = Buffer.from(ours.buffer, ours.byteOffset, ours.byteLength);
  return (
    view.compare(theirs, there * digestBytes, (there + 1) * digestBytes, place * digestBytes, (place + 1) * digestBytes) === 0
  );
}

/**
 * Runs of consecutive numbers in a rising list, from the first to behind the last; at most `most`.
 */
export function runsOf(numbers: readonly number[], most = Number.POSITIVE_INFINITY): [from: number, to: number][] {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === number && number - last[0] < most) last[1] = number + 1;
    else runs.push([number, number + 1]);
  }
  return runs;
}

/** A list in parts of at most so many. */
export function partsOf<T>(list: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / most) }, (_, part) => list.slice(part * most, (part + 1) * most));
}

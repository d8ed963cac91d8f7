import type { Extent } from './block-source.ts';

/** Joins neighbours of one kind, so that a disk has as few extents as possible. */
export async function* merged(extents: AsyncIterable<Extent> | Iterable<Extent>): AsyncGenerator<Extent> {
  let last = null as Extent | null;
  for await (const extent of extents) {
    if (last !== null && last.zero === extent.zero) last = { ...last, length: last.length + extent.length };
    else {
      if (last !== null) yield last;
      last = extent;
    }
  }
  if (last !== null) yield last;
}

import { firstFew } from '../../shared/first-few.ts';
import type { Concern } from '../../shared/model/concern.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { loneVolumesOf, movedImagesOf } from '../../shared/model/lone-volumes.ts';

/** Names that a concern lists. */
const listed = 10;

/** A fatal concern for each kind that a receiver of an earlier release does not move. */
export function olderReceiver(document: Configurations, has: (feature: string) => boolean): Concern[] {
  return [
    ...(has('lone-volumes') ? [] : tooNew('volume', 'volumes that no server has', loneVolumesOf(document))),
    ...(has('images') ? [] : tooNew('image', 'images', movedImagesOf(document))),
  ];
}

/** How a plan leaves out what an earlier release does not move. */
const withoutThem = {
  volume: 'take them out of `volumes`',
  image: 'plan without images (`--without-images`)',
} as const;

function tooNew(
  kind: 'volume' | 'image',
  what: string,
  all: readonly { readonly id: string; readonly name: string }[],
): Concern[] {
  if (all.length === 0) return [];
  const names = firstFew(
    all.map(({ id, name }) => name || id),
    listed,
  );
  return [
    {
      code: `${kind}.older_receiver`,
      severity: 'blocking',
      says: `The receiver is of an earlier release, which moves no ${what} (${all.length}): ${names}.`,
      remedy: `Install this release there too, or ${withoutThem[kind]}.`,
    },
  ];
}

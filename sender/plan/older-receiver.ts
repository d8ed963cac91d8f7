import type { Concern } from '../../shared/model/concern.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { loneVolumesOf, movedImagesOf } from '../../shared/model/lone-volumes.ts';

/** A fatal concern for each kind that a receiver of an earlier release does not move. */
export function olderReceiver(document: Configurations, has: (feature: string) => boolean): Concern[] {
  return [
    ...(has('lone-volumes') ? [] : tooNew('volume', 'volumes that no server has', loneVolumesOf(document))),
    ...(has('images') ? [] : tooNew('image', 'images', movedImagesOf(document))),
  ];
}

function tooNew(
  kind: 'volume' | 'image',
  what: string,
  all: readonly { readonly id: string; readonly name: string }[],
): Concern[] {
  if (all.length === 0) return [];
  const names = all.map(({ id, name }) => name || id).join(', ');
  return [
    {
      code: `${kind}.older_receiver`,
      severity: 'blocking',
      says: `The receiver is of an earlier release, which moves no ${what}: ${names}.`,
      remedy: `Install this release there too, or take them out of \`${kind}s\`.`,
    },
  ];
}

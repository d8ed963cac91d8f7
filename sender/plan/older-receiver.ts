import type { Concern } from '../../shared/model/concern.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { loneVolumesOf } from '../../shared/model/lone-volumes.ts';

/** A fatal concern for what a receiver of an earlier release does not move. */
export function olderReceiver(document: Configurations, has: (feature: string) => boolean): Concern[] {
  const alone = loneVolumesOf(document);
  if (alone.length === 0 || has('lone-volumes')) return [];
  const names = alone.map(({ id, name }) => name || id).join(', ');
  return [
    {
      code: 'volume.older_receiver',
      severity: 'blocking',
      says: `The receiver is of an earlier release, which moves no volumes that no server has: ${names}.`,
      remedy: 'Install this release there too, or take them out of `volumes`.',
    },
  ];
}

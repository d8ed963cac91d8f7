import type { Configurations } from '../../shared/model/configurations.ts';
import { loneVolumesOf } from '../../shared/model/lone-volumes.ts';
import { snapshotIn } from '../../shared/model/snapshot-volumes.ts';

/**
 * The lone volumes that a plan names: those that the source has. A volume that a snapshot becomes
 * follows the one that it is of.
 */
export function namedVolumesOf(document: Configurations): ReturnType<typeof loneVolumesOf> {
  return loneVolumesOf(document).filter(({ id }) => snapshotIn(id) === null);
}

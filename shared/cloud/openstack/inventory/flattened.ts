import type { ResourceOf } from '../../../model/resource.ts';
import { snapshotKeys, volumeIdOfSnapshot } from '../../../model/snapshot-volumes.ts';
import type { ApiVolume, ApiVolumeSnapshot } from '../api.ts';
import { describeVolume, type VolumeContents } from './volumes.ts';

/** Longest name of a volume: characters (cinder/api/schemas/volumes.py). */
const longestName = 255;

/** Why a snapshot of a volume that moves cannot become a volume of its own; null where it can. */
export function whyNotFlattened({ status }: ApiVolumeSnapshot, { encrypted }: ApiVolume): string | null {
  if (encrypted === true) return 'encrypted';
  return status === 'available' ? null : status;
}

/**
 * The volume that a snapshot becomes, and the disk that its bytes are. A snapshot has neither type,
 * zone nor image metadata of its own: Cinder gives a volume that is made of it those of its volume
 * (cinder/volume/flows/api/create_volume.py).
 */
export function describeFlattened(
  snapshot: ApiVolumeSnapshot,
  source: ApiVolume,
  types: Pick<VolumeContents, 'volumeTypes'>,
): { readonly disk: ResourceOf<'disk'>; readonly volume: ResourceOf<'volume'> } {
  const name = `${source.name || source.id} (snapshot ${snapshot.name || snapshot.id})`;
  const like: ApiVolume = {
    ...source,
    id: volumeIdOfSnapshot(snapshot.id),
    name: Array.from(name).slice(0, longestName).join(''),
    description: snapshot['description'],
    size: snapshot.size,
    metadata: snapshot.metadata,
    attachments: [],
    group_id: null,
    consistencygroup_id: null,
  };
  const { disk, volume } = describeVolume(like, like, types);
  const ours = { [snapshotKeys.snapshot]: snapshot.id, [snapshotKeys.volume]: source.id };
  return { disk, volume: { ...volume, metadata: { ...volume.metadata, ...ours } } };
}

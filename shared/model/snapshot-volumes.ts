import type { Configurations } from './configurations.ts';

/** The end of the id of a volume that a snapshot becomes. */
const ending = '.snapshot';

/** The keys of such a volume's metadata: the ids of the snapshot and of its volume. */
export const snapshotKeys = { snapshot: 'godwit_snapshot', volume: 'godwit_snapshot_of' } as const;

type DocumentVolume = Configurations['volumes'][number];

/** The id of the volume of its own that a snapshot of a volume becomes at the destination. */
export function volumeIdOfSnapshot(snapshot: string): string {
  return `${snapshot}${ending}`;
}

/** The snapshot that a volume's bytes are; null for a volume that the source has. */
export function snapshotIn(volume: string | null): string | null {
  return volume?.endsWith(ending) === true ? volume.slice(0, -ending.length) : null;
}

/** The volume of whose snapshot a volume is made; null for a volume that the source has. */
export function originOf({ id, metadata }: Pick<DocumentVolume, 'id' | 'metadata'>): string | null {
  return snapshotIn(id) === null ? null : (metadata[snapshotKeys.volume] ?? null);
}

/** The volumes of a document that snapshots become. */
export function snapshotVolumesOf({ volumes }: Pick<Configurations, 'volumes'>): DocumentVolume[] {
  return volumes.filter(({ id }) => snapshotIn(id) !== null);
}

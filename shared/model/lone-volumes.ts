import type { Configurations } from './configurations.ts';

/** What moves by itself: a server with its belongings, a volume that no server has, or an image. */
export type UnitKind = 'server' | 'volume' | 'image';

/** The images of a document that move; the others are only what servers were made from. */
export function movedImagesOf({ images }: Pick<Configurations, 'images'>): Configurations['images'] {
  return images.filter(({ disk_id }) => disk_id !== null);
}

/** Whether a disk holds the bytes of a volume that no server has. */
export function isOfLoneVolume(disk: { readonly server_id: string; readonly volume_id: string | null }): boolean {
  return disk.volume_id === disk.server_id;
}

/** The volumes of a document that no server has, in its order. */
export function loneVolumesOf({ volumes, disks }: Pick<Configurations, 'volumes' | 'disks'>): Configurations['volumes'] {
  const alone = new Set(disks.filter(isOfLoneVolume).map(({ volume_id }) => volume_id));
  return volumes.filter(({ id }) => alone.has(id));
}

import type { ApiVolume } from '../api.ts';

/** The key of the mark. */
export const uncheckedKey = 'godwit_unchecked';

/**
 * What a volume that a campaign makes carries in its metadata until it has been read back. Not its
 * image metadata: a policy may hide that (`volume_extension:volume_image_metadata:show`).
 */
export const uncheckedMark: Readonly<Record<string, string>> = { [uncheckedKey]: '1' };

/**
 * Whether a second volume with our stamp is what a late creation made. Its owner may have copied
 * the stamp of a checked one: a restored backup has all metadata (cinder/backup/driver.py).
 */
export function isLate(volume: Pick<ApiVolume, 'metadata' | 'attachments'>): boolean {
  return isUnchecked(volume) && volume.attachments.length === 0;
}

/** Whether a volume with our stamp has not been read back yet. */
export function isUnchecked({ metadata }: Pick<ApiVolume, 'metadata'>): boolean {
  return metadata[uncheckedKey] !== undefined;
}

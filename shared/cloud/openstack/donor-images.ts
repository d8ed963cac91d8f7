import type { ResourceOf } from '../../model/resource.ts';
import type { DonorImage } from '../destination-cloud.ts';
import type { ApiImage } from './api.ts';
import type { Site } from './builders/site.ts';
import { listAll } from './session/pages.ts';

/**
 * Finds active images, own or public, with a source image's digest, or its name and size if it has
 * none. Images made by a campaign are excluded: they may be another tenant's disk.
 */
export async function findDonors(
  site: Site,
  images: readonly ResourceOf<'image'>[],
  signal: AbortSignal,
): Promise<readonly DonorImage[]> {
  const project = await site.projectId(signal);
  const found = new Map<string, DonorImage>();
  for (const image of images) {
    const query = likeness(image);
    if (query === null) continue;
    const filter = { ...query, status: 'active' };
    const listed = await listAll<ApiImage>(
      site.session,
      { service: 'image', path: '/images', key: 'images', query: filter },
      signal,
    );
    for (const each of listed) {
      // Glance ignores unknown filters, and shows an admin the images of all projects.
      const same = Object.entries(filter).every(([name, value]) => each[name] === value);
      const ours = each.owner === project || each.visibility === 'public';
      const made = each['godwit_campaign'] !== undefined;
      if (same && ours && !made && each.size !== null && each.size === (image.size ?? each.size))
        found.set(each.id, { id: each.id, image: image.id, size: each.size });
    }
  }
  return [...found.values()];
}

/** The key by which an image with the same bytes is found; null if too little is known. */
function likeness({ name, size, os_hash_algo, os_hash_value, checksum }: ResourceOf<'image'>): Record<string, string> | null {
  if (os_hash_algo !== null && os_hash_value !== null) return { os_hash_algo, os_hash_value };
  if (checksum !== null) return { checksum };
  return name === '' || size === null ? null : { name };
}

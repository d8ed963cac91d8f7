import type { ApiImage } from '../api.ts';
import { listAll } from '../session/pages.ts';
import type { CloudSession } from '../session/session.ts';

/**
 * Lists images, the hidden ones too: Glance lists those only where it is asked for them (Image API
 * v2, "List images", `os_hidden`, from 2.7 on). An older Glance ignores filters that it does not
 * know, so that the caller looks at each image again.
 */
export async function listImages(
  session: CloudSession,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ApiImage[]> {
  const found = new Map<string, ApiImage>();
  for (const hidden of [{}, { os_hidden: 'true' }]) {
    const listing = { service: 'image', path: '/images', key: 'images', query: { ...query, ...hidden } } as const;
    for (const image of await listAll<ApiImage>(session, listing, signal)) found.set(image.id, image);
  }
  return [...found.values()];
}

import { Problem } from '../../../problem.ts';
import type { Frozen } from '../../source-cloud.ts';
import type { ApiCall, CloudSession } from '../session/session.ts';
import { movedTag } from '../stamp.ts';
import { readImage } from './snapshots.ts';
import { generationOfImage } from './stored.ts';

/** Whether a write marks an image after commit. */
export function mayMarkImage({ method, path }: Pick<ApiCall, 'method' | 'path'>): boolean {
  return method === 'PUT' && new RegExp(`^/images/[^/]+/tags/${movedTag}$`).test(path);
}

/**
 * Marks a moved image by a tag, which servers and snapshots do not inherit from it. Image API v2,
 * "Add image tag". Absent is fine.
 */
export async function markMovedImage(session: CloudSession, id: string, frozen: Frozen, signal: AbortSignal): Promise<void> {
  const image = await readImage(session, id, signal);
  if (image === null) return;
  if (frozen.generation !== undefined && frozen.generation !== generationOfImage(image))
    throw new Problem(
      'E_SERVER_STATE',
      `Image ${image.name || id} has other bytes at the source than were moved; it is not marked.`,
      {
        about: `image/${id}`,
      },
    );
  const path = `/images/${encodeURIComponent(id)}/tags/${movedTag}`;
  await session.call({ method: 'PUT', service: 'image', path, mayBeGone: true, signal });
}

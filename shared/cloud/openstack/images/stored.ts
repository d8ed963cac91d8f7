import { Problem } from '../../../problem.ts';
import type { Snapshot } from '../../source-cloud.ts';
import type { ApiImage } from '../api.ts';
import type { CloudSession } from '../session/session.ts';
import { digestOfImage } from './download.ts';
import { readImage } from './snapshots.ts';

/** The format of a snapshot that is an image of the project itself. */
export const storedFormat = 'stored';

/**
 * The generation of an image: its bytes never change once they are there (Image API v2, "Image
 * data": data is uploaded once), so that its digest names them.
 */
export function generationOfImage(image: ApiImage): string {
  const { algorithm, digest } = digestOfImage(image) ?? { algorithm: 'size', digest: String(image.size) };
  return `${algorithm}:${digest}`;
}

/** Reads an image. Throws E_NOT_FOUND. */
export async function mustReadImage(session: CloudSession, id: string, signal: AbortSignal): Promise<ApiImage> {
  const image = await readImage(session, id, signal);
  if (image === null) throw new Problem('E_NOT_FOUND', `There is no image ${id}.`, { about: `image/${id}` });
  return image;
}

/** An image of the project as the snapshot of its own disk: nothing is made to read it. */
export async function storedSnapshot(session: CloudSession, disk: string, id: string, signal: AbortSignal): Promise<Snapshot> {
  const image = await mustReadImage(session, id, signal);
  if (image.status !== 'active' || image.size === null)
    throw new Problem('E_SERVER_STATE', `Image ${image.name || id} is ${image.status}; it has no bytes that can be read.`, {
      about: `image/${id}`,
    });
  return { id, disk, round: 0, format: storedFormat, size: image.size };
}

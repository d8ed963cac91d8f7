import { StreamDigest } from '../../../disk/stream-digest.ts';
import { Problem } from '../../../problem.ts';
import type { ApiImage } from '../api.ts';
import { retryingly } from '../session/retry.ts';
import type { CloudSession } from '../session/session.ts';
import { discard } from '../session/transport.ts';
import { hashName } from './hash-name.ts';
import { SparseFile } from './sparse-file.ts';

/**
 * The digest that Glance reports for an image, as far as it can be computed here; older images have
 * only an MD5 checksum.
 */
export function digestOfImage(image: ApiImage): { readonly algorithm: string; readonly digest: string } | null {
  const algorithm = hashName(image.os_hash_algo ?? '');
  if (algorithm !== null && image.os_hash_value) return { algorithm, digest: image.os_hash_value };
  return image.checksum && hashName('md5') !== null ? { algorithm: 'md5', digest: image.checksum } : null;
}

/**
 * Downloads an image to a sparse file, restarts broken streams, and verifies and returns the
 * digest. Throws E_IMAGE_MISMATCH, E_CLOUD (a 204: no bytes yet), and the session's errors.
 */
export async function downloadImage(
  session: CloudSession,
  image: ApiImage,
  path: string,
  signal: AbortSignal,
  onBytes: (bytes: number, total: number) => void,
): Promise<{ algorithm: string; digest: string }> {
  const stated = digestOfImage(image);
  const algorithm = stated?.algorithm ?? 'sha512';
  const { digest, bytes } = await retryingly(signal, () => once(session, image, path, algorithm, signal, onBytes), [
    'E_CLOUD',
    'E_CLOUD_UNREACHABLE',
    'E_CLOUD_TIMEOUT',
  ]);
  const about = `image/${image.id}`;
  if (image.size !== null && bytes !== image.size)
    throw new Problem('E_IMAGE_MISMATCH', `Image ${image.id} has ${image.size} bytes, but ${bytes} were received.`, { about });
  if (stated !== null && stated.digest !== digest)
    throw new Problem('E_IMAGE_MISMATCH', `Image ${image.id} should have the ${algorithm} ${stated.digest}, but has ${digest}.`, {
      about,
    });
  return { algorithm, digest };
}

async function once(
  session: CloudSession,
  image: ApiImage,
  path: string,
  algorithm: string,
  signal: AbortSignal,
  onBytes: (bytes: number, total: number) => void,
): Promise<{ digest: string; bytes: number }> {
  const call = { method: 'GET', service: 'image', path: `/images/${image.id}/file`, headers: { accept: '*/*' }, signal } as const;
  const incoming = await session.stream(call);
  const file = await SparseFile.create(path);
  const hash = new StreamDigest(algorithm);
  try {
    // Glance answers 204 for an image without bytes: an empty disk must never be taken for the
    // guest's.
    if (incoming.status === 204)
      throw new Problem('E_CLOUD', `Image ${image.id} has no bytes yet.`, { about: `image/${image.id}` });
    for await (const bytes of incoming.body) {
      await hash.add(bytes as Buffer);
      await file.append(bytes as Buffer);
      onBytes(file.length, image.size ?? file.length);
    }
    if (image.size !== null && file.length < image.size)
      throw new Problem(
        'E_CLOUD_UNREACHABLE',
        `The download of image ${image.id} broke off after ${file.length} of ${image.size} bytes.`,
      );
    await file.finish();
    return { digest: await hash.end(), bytes: file.length };
  } catch (error) {
    hash.forget();
    discard(incoming);
    await file.abandon().catch(() => undefined);
    if (error instanceof Problem || isLocal(error)) throw error;
    throw session.failure(error, call);
  }
}

/** Whether our own disk failed: another download would not help. */
function isLocal(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EIO', 'EFBIG'].includes((error as NodeJS.ErrnoException).code ?? '');
}

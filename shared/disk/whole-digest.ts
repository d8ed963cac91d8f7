import { createHash } from 'node:crypto';
import type { BlockSource } from './block-source.ts';

/** Bytes read at once. */
const stride = 1024 * 1024;

/**
 * SHA-256 of a whole disk as the guest sees it, lower-case hex: what `sha256sum` says of its raw
 * file, whatever blocks and digests it was copied with.
 */
export async function sha256Of(source: BlockSource, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const scratch = Buffer.allocUnsafe(stride);
  for (let offset = 0; offset < source.size; offset += stride) {
    signal.throwIfAborted();
    hash.update(await source.read(offset, Math.min(stride, source.size - offset), scratch));
  }
  return hash.digest('hex');
}

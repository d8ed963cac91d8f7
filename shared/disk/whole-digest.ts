import type { BlockSource } from './block-source.ts';
import { digestOf } from './stream-digest.ts';

/** Bytes read at once. */
const stride = 1024 * 1024;

/**
 * SHA-256 of a whole disk as the guest sees it, lower-case hex: what `sha256sum` says of its raw
 * file, whatever blocks and digests it was copied with.
 */
export function sha256Of(source: BlockSource, signal: AbortSignal): Promise<string> {
  return digestOf('sha256', readAll(source, signal));
}

/** Every byte of a disk, in order; the next bytes replace the last. */
async function* readAll(source: BlockSource, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const scratch = Buffer.allocUnsafe(stride);
  for (let offset = 0; offset < source.size; offset += stride) {
    signal.throwIfAborted();
    yield await source.read(offset, Math.min(stride, source.size - offset), scratch);
  }
}

import { hash } from 'node:crypto';
import { type Algorithm, digestBytes, isZero } from '../model/disk.ts';

/** BLAKE3 comes as a native module; where none fits this machine, SHA-256 does its work. */
const native = await import('@napi-rs/blake-hash').catch(() => null);

/** The algorithms this machine has, the preferred first. */
export const algorithms: readonly Algorithm[] = native === null ? ['sha256'] : ['blake3', 'sha256'];

/**
 * The digest of bytes, zeros or not. Blocks until it is done: for worker threads, and for a few
 * bytes.
 */
export function digestOf(algorithm: Algorithm, bytes: Uint8Array): Buffer {
  if (algorithm === 'sha256' || native === null) return hash('sha256', bytes, 'buffer');
  return native.blake3(bytes);
}

/** The digest of a block: 32 zero bytes where it is all zeros. */
export function blockDigest(algorithm: Algorithm, block: Uint8Array): Buffer {
  return isZero(block) ? Buffer.alloc(digestBytes) : digestOf(algorithm, block);
}

import { ownsBuffer } from './owned.ts';

/**
 * What is smaller may lie in a pool with others unless it has its buffer for itself; and below the
 * second it is not worth the trouble.
 */
const leastBytes = { shared: 256 * 1024, own: 16 * 1024 };

/**
 * Gives the memory under bytes back at once: the collector would let tens of MiB wait in every
 * thread. The bytes MUST NOT be used any more, nor any other view of their buffer.
 */
export function giveBack(bytes: Uint8Array): void {
  const { buffer } = bytes;
  const least = ownsBuffer(bytes) ? leastBytes.own : leastBytes.shared;
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= least) buffer.transfer(0);
}

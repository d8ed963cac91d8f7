/** What is smaller may lie in a pool with others; and it is not worth the trouble. */
const leastBytes = 256 * 1024;

/**
 * Gives the memory under bytes back at once. The collector sees a small object on a small heap, and lets tens of MiB of them wait in every thread;
 * what is given back is also used again while it is still in the cache. The bytes MUST NOT be used any more, nor any other view of their buffer.
 */
export function giveBack({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= leastBytes) buffer.transfer(0);
}

/**
 * Whether bytes have a buffer for themselves, which may be handed to another thread or given back
 * without harm to others.
 */
export function ownsBuffer({ buffer, byteLength }: Uint8Array): boolean {
  return byteLength === buffer.byteLength;
}

/**
 * The buffers that bytes have for themselves: they are handed over, where a view into a larger one
 * is copied instead.
 */
export function ownedBy(all: readonly Uint8Array[]): ArrayBuffer[] {
  return all
    .filter((bytes) => bytes.byteLength > 0 && ownsBuffer(bytes))
    .map(({ buffer }) => buffer)
    .filter((buffer) => buffer instanceof ArrayBuffer);
}

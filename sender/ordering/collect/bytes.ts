/**
 * The text of an IPv4 or IPv6 address in a buffer. IPv6 is not shortened; the address directory
 * does that.
 */
export function addressAt(bytes: Buffer, offset: number, family: 4 | 6): string {
  if (family === 4) return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
  return Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(offset + 2 * group).toString(16)).join(':');
}

/**
 * An unsigned big-endian number of 1 to 8 bytes. It is not exact beyond 2⁵³, which no count
 * reaches.
 */
export function unsignedAt(bytes: Buffer, offset: number, length: number): number {
  let value = 0;
  for (let index = 0; index < length; index++) value = value * 256 + (bytes[offset + index] ?? 0);
  return value;
}

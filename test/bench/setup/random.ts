import { createCipheriv, createHash } from 'node:crypto';

/** A repeatable source of chance: the same seed gives the same bytes, on every machine. */
export class Random {
  readonly #stream: ReturnType<typeof createCipheriv>;

  constructor(seed: string) {
    const key = createHash('sha256').update(seed).digest();
    this.#stream = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16, 32));
  }

  /** That many bytes that nothing compresses. */
  bytes(length: number): Buffer {
    return this.#stream.update(Buffer.alloc(length));
  }

  /** A whole number from 0 to below `limit`, which is at most 2^48. */
  below(limit: number): number {
    return this.bytes(6).readUIntBE(0, 6) % limit;
  }

  /** The items in another order. */
  shuffled<T>(items: readonly T[]): T[] {
    const order = this.bytes(items.length * 6);
    return items
      .map((item, place) => ({ item, at: order.readUIntBE(place * 6, 6) }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }
}

import type { BlockPlace } from '../../../shared/bundle/page.ts';

/** Bytes of a digest that are kept: no two different blocks agree in 128 bits. */
const keptBytes = 16;

/** Most blocks that are remembered: 24 bytes each, in a table at most half full, take 200 MiB. */
const most = 4 * 1024 * 1024;

const smallest = 64 * 1024;

/**
 * Which blocks a bundle holds already, and where. A full table learns no more, so that later blocks
 * may be written twice.
 */
export class KnownBlocks {
  readonly #most: number;
  #slots = smallest;
  #count = 0;
  #digests = Buffer.alloc(smallest * keptBytes);
  /** Disk and block by slot; disk 0 is an empty slot. */
  #places = new Uint32Array(smallest * 2);

  /** `limit`: blocks that are remembered. */
  constructor(limit = most) {
    this.#most = limit;
  }

  /**
   * The place of a block with this digest. An unknown block is remembered at `place`, and undefined
   * is returned.
   */
  place(digest: Buffer, place: BlockPlace): BlockPlace | undefined {
    const slot = this.#slotOf(digest);
    const disk = this.#places[slot * 2] ?? 0;
    if (disk !== 0) return { disk, block: this.#places[slot * 2 + 1] ?? 0 };
    if (this.#count >= this.#most) return undefined;
    this.#put(slot, digest, place);
    if (this.#count * 2 > this.#slots) this.#grow();
    return undefined;
  }

  #put(slot: number, digest: Buffer, { disk, block }: BlockPlace): void {
    digest.copy(this.#digests, slot * keptBytes, 0, keptBytes);
    this.#places[slot * 2] = disk;
    this.#places[slot * 2 + 1] = block;
    this.#count += 1;
  }

  /** Where a digest is, or the empty slot where it belongs. */
  #slotOf(digest: Buffer): number {
    let slot = digest.readUInt32BE(0) % this.#slots;
    while (
      this.#places[slot * 2] !== 0 &&
      digest.compare(this.#digests, slot * keptBytes, (slot + 1) * keptBytes, 0, keptBytes) !== 0
    )
      slot = (slot + 1) % this.#slots;
    return slot;
  }

  #grow(): void {
    const digests = this.#digests;
    const places = this.#places;
    const slots = this.#slots;
    this.#slots *= 2;
    this.#digests = Buffer.alloc(this.#slots * keptBytes);
    this.#places = new Uint32Array(this.#slots * 2);
    this.#count = 0;
    for (let slot = 0; slot < slots; slot += 1) {
      const disk = places[slot * 2] ?? 0;
      if (disk === 0) continue;
      const digest = digests.subarray(slot * keptBytes, (slot + 1) * keptBytes);
      this.#put(this.#slotOf(digest), digest, { disk, block: places[slot * 2 + 1] ?? 0 });
    }
  }
}

import type { Crew } from '../../shared/disk/crew.ts';
import { digestBytes, extentOf, pageBytes, pieceBytes, pieceDigestBytes } from '../../shared/model/disk.ts';
import type { Donor } from './donors.ts';
import { PrefixIndex } from './prefix-index.ts';

/** Where a piece may be found: bytes from the start of a donor's file. */
export interface PieceFind {
  readonly donor: Donor;
  readonly at: number;
}

interface Shelf {
  readonly donor: Donor;
  /** The number of its first piece among those of all donors. */
  readonly base: number;
  readonly pieces: number;
}

/** Which disk of ours holds a piece, by the first 8 bytes of its digest. Donors are read once, the first time that somebody asks; their blocks of zeros are not. */
export class Pieces {
  readonly #crew: Crew;
  readonly #index: PrefixIndex;
  readonly #shelves = new Map<Donor, Shelf>();
  #next = 0;
  #learning: Promise<void> = Promise.resolve();

  /** `mostBytes` of memory for the index, a power of two. */
  constructor(crew: Crew, mostBytes: number) {
    this.#crew = crew;
    this.#index = new PrefixIndex(mostBytes);
  }

  get indexBytes(): number {
    return this.#index.bytes;
  }

  /** Reads the donors that were not read yet, one after the other. Rejects with what reading one met; that one is then left out. */
  learn(donors: readonly Donor[]): Promise<void> {
    for (const donor of donors) {
      if (this.#shelves.has(donor)) continue;
      const pieces = Math.ceil(donor.shape.size / pieceBytes);
      if (this.#next + pieces > 2 ** 32 - 2) continue;
      const shelf = { donor, base: this.#next, pieces };
      this.#next += pieces;
      this.#shelves.set(donor, shelf);
      this.#learning = this.#learning.then(() => donor.works.run(() => this.#read(shelf)).catch(() => this.forget(donor)));
    }
    return this.#learning;
  }

  /** The donor has changed, or is none any more. */
  forget(donor: Donor): void {
    this.#shelves.delete(donor);
  }

  /** Where the piece may be whose name begins at byte `at`. */
  find(names: Uint8Array, at: number): PieceFind | undefined {
    const place = this.#index.find(names, at);
    if (place === undefined) return undefined;
    for (const { donor, base, pieces } of this.#shelves.values())
      if (place >= base && place < base + pieces) return { donor, at: (place - base) * pieceBytes };
    return undefined;
  }

  async #read({ donor, base }: Shelf): Promise<void> {
    const { size, blockSize, algorithm } = donor.shape;
    const step = Math.max(1, pageBytes / blockSize);
    const blocks = Math.ceil(size / blockSize);
    for (let first = 0; first < blocks; first += step) {
      if (!this.#shelves.has(donor)) return;
      const count = Math.min(step, blocks - first);
      const digests = await donor.digests(first, count);
      const ranges = Array.from({ length: count }, (_, place) => place)
        .filter((place) => digests.subarray(place * digestBytes, (place + 1) * digestBytes).some((byte) => byte !== 0))
        .map((place) => extentOf(first + place, size, blockSize));
      if (ranges.length === 0) continue;
      const stretches = ranges.map(({ offset, length }) => [offset, length] as const);
      const task = { parts: [{ from: { fd: donor.fd }, ranges: stretches }], algorithm };
      const names = await this.#crew.run('pieces', task, { turn: this });
      let at = 0;
      for (const { offset, length } of ranges)
        for (let byte = 0; byte < length; byte += pieceBytes, at += pieceDigestBytes)
          this.#index.add(names, at, base + (offset + byte) / pieceBytes);
    }
  }
}

import { limits } from '../../../protocol/limits.ts';
import type { Stretches } from '../../../protocol/messages/field.ts';
import { digestOf } from '../../../shared/disk/block-digest.ts';
import type { BlockPart } from '../../../shared/disk/jobs/unpack.ts';
import { type Algorithm, pieceBytes, pieceDigestBytes } from '../../../shared/model/disk.ts';
import type { Donor } from '../dedup/donor.ts';
import type { Pieces } from '../dedup/pieces.ts';
import { Savings } from '../dedup/savings.ts';
import { partsOf } from '../store/digests.ts';
import type { MissingBlock } from './missing-block.ts';
import type { Puller, Target } from './puller.ts';

/**
 * What is known of one block: the names of its pieces, those of the file's old bytes there, and its
 * offset in both lists, bytes.
 */
interface PieceNames {
  readonly wanted: Uint8Array;
  readonly old: Uint8Array | null;
  readonly at: number;
}

/**
 * Finds pieces of missing blocks that are here already: in the file's old bytes at the same place,
 * in a donor, or zeros.
 */
export class Refinement {
  readonly #target: Target;
  readonly #pieces: Pieces;
  readonly #size: number;
  readonly #blockSize: number;
  readonly #savingsFromOld = new Savings();

  constructor(target: Target, shape: { readonly size: number; readonly blockSize: number }, pieces: Pieces) {
    this.#target = target;
    this.#size = shape.size;
    this.#blockSize = shape.blockSize;
    this.#pieces = pieces;
  }

  /**
   * Returns the blocks with the parts that need no pull, where asking pays. `old`: those for which
   * the file held other bytes of the disk.
   */
  async refine(
    missing: readonly MissingBlock[],
    old: ReadonlySet<number>,
    donors: readonly Donor[],
    puller: Puller,
  ): Promise<readonly MissingBlock[]> {
    if (this.#blockSize === pieceBytes) return missing;
    const olds = missing.filter(({ block }) => old.has(block));
    const news = missing.filter(({ block }) => !old.has(block));
    const refined = await Promise.all([
      ...this.#groups(olds).map((group) => this.#askWherePays(group, true, donors, puller)),
      ...(donors.length > 0 ? this.#groups(news).map((group) => this.#askWherePays(group, false, donors, puller)) : [news]),
    ]);
    return refined.flat().sort((a, b) => a.block - b.block);
  }

  #groups(missing: readonly MissingBlock[]): MissingBlock[][] {
    return partsOf(missing, limits.frameBytes / this.#blockSize);
  }

  #askWherePays(
    missing: readonly MissingBlock[],
    old: boolean,
    donors: readonly Donor[],
    puller: Puller,
  ): Promise<readonly MissingBlock[]> {
    const savings = old ? this.#savingsFromOld : this.#pieces.savings;
    return savings.ask(puller.signal, () => this.#ask(missing, old, donors, puller), missing);
  }

  async #ask(
    missing: readonly MissingBlock[],
    old: boolean,
    donors: readonly Donor[],
    puller: Puller,
  ): Promise<readonly MissingBlock[]> {
    const savings = old ? this.#savingsFromOld : this.#pieces.savings;
    // The old bytes of the disk are here already, and need not be learned.
    const isLearned = old || (await this.#pieces.learn(donors));
    const { workers, file, algorithm, turn } = this.#target;
    const ranges = missing.map(({ offset, length }) => [offset, length] as const);
    let saved = 0;
    let asked = 0;
    let at = 0;
    try {
      const [wanted, before] = await Promise.all([
        puller.asker.refine(stretchesOf(missing)),
        // Through the page cache: what a block keeps of itself is read again when the rest has
        // arrived.
        old ? workers.run('pieces', { parts: [{ from: { fd: file.fd }, ranges }], algorithm }, { turn }) : null,
      ]);
      return missing.map((block): MissingBlock => {
        const parts = this.#partsOf(block, { wanted, old: before, at });
        at += parts.length * pieceDigestBytes;
        const here = parts.reduce((sum, part) => sum + (part?.length ?? 0), 0);
        saved = saved + here;
        asked = asked + block.length;
        return here > 0 ? { ...block, parts } : block;
      });
    } finally {
      // Donors that are only half read and save nothing are no evidence.
      if (isLearned || saved > 0) savings.learn(saved, asked);
    }
  }

  #partsOf({ offset, length }: MissingBlock, { wanted, old, at }: PieceNames): (BlockPart | null)[] {
    const { algorithm, file } = this.#target;
    const { fd } = file;
    return Array.from({ length: Math.ceil(length / pieceBytes) }, (_, index): BlockPart | null => {
      const place = index * pieceBytes;
      const size = Math.min(pieceBytes, length - place);
      const name = at + index * pieceDigestBytes;
      if (old !== null && isSame(wanted, name, old, name)) return { fd, at: offset + place, length: size };
      // Behind its end a file reads as zeros.
      if (size === pieceBytes && isSame(wanted, name, zeroName(algorithm), 0)) return { fd, at: this.#size, length: size };
      const found = size === pieceBytes ? this.#pieces.find(wanted, name) : undefined;
      return found === undefined ? null : { fd: found.donor.fd, at: found.at, length: size };
    });
  }
}

function stretchesOf(missing: readonly MissingBlock[]): Stretches {
  const stretches: [number, number][] = [];
  for (const { block } of missing) {
    const last = stretches.at(-1);
    if (last !== undefined && last[0] + last[1] === block) last[1] += 1;
    else stretches.push([block, 1]);
  }
  return stretches;
}

const zeroNames = new Map<Algorithm, Uint8Array>();

function zeroName(algorithm: Algorithm): Uint8Array {
  const name = zeroNames.get(algorithm) ?? digestOf(algorithm, Buffer.alloc(pieceBytes)).subarray(0, pieceDigestBytes);
  zeroNames.set(algorithm, name);
  return name;
}

function isSame(ours: Uint8Array, at: number, theirs: Uint8Array, there: number): boolean {
  for (let byte = 0; byte < pieceDigestBytes; byte += 1) if (ours[at + byte] !== theirs[there + byte]) return false;
  return true;
}

import { limits } from '../../protocol/limits.ts';
import { digestOf } from '../../shared/disk/algorithm.ts';
import type { Part } from '../../shared/disk/jobs/unpack.ts';
import { type Algorithm, pieceBytes, pieceDigestBytes } from '../../shared/model/disk.ts';
import { partsOf } from './digests.ts';
import type { Donor } from './donors.ts';
import type { Pieces } from './pieces.ts';
import type { Lack, Puller, Stretches, Target } from './puller.ts';

/** Less than this share of the bytes saved, and asking costs more than it gives. */
const leastYield = 0.03;

/** How much the latest question counts in the yield. */
const weight = 0.2;

/** Where questions do not pay, one in so many is asked all the same: the disk may change its nature further on. */
const askAnyway = 32;

/** How long a copy waits for its donors to be read: milliseconds. */
const patienceMs = 5_000;

/** Whether it pays to ask what blocks are made of, learned from what the last questions saved. */
class Yield {
  #share = 1;
  #passed = 0;
  #learned = false;
  /** The first question: nothing is known before its answer. */
  #first: PromiseWithResolvers<void> | null = null;

  async pays(): Promise<boolean> {
    if (!this.#learned && this.#first !== null) await this.#first.promise;
    this.#first ??= Promise.withResolvers<void>();
    if (this.#share >= leastYield) return true;
    this.#passed += 1;
    return this.#passed % askAnyway === 0;
  }

  /** MUST follow every question, answered or not. */
  learn(saved: number, asked: number): void {
    // The first answer is all there is to go by.
    if (asked > 0) this.#share += (this.#learned ? weight : 1) * (saved / asked - this.#share);
    this.#learned ||= asked > 0;
    this.#first?.resolve();
    if (!this.#learned) this.#first = null;
  }
}

/** What is looked at for one block: the names of its pieces, those of what the file held there, and where in both it begins, bytes. */
interface Names {
  readonly wanted: Uint8Array;
  readonly old: Uint8Array | null;
  readonly at: number;
}

/** Finds out which pieces of lacking blocks are here already: at the same place as before, in another disk, or zeros. */
export class Refinement {
  readonly #target: Target;
  readonly #pieces: Pieces;
  readonly #size: number;
  readonly #blockSize: number;
  readonly #fromOld = new Yield();
  readonly #fromDonors = new Yield();

  constructor(target: Target, shape: { readonly size: number; readonly blockSize: number }, pieces: Pieces) {
    this.#target = target;
    this.#size = shape.size;
    this.#blockSize = shape.blockSize;
    this.#pieces = pieces;
  }

  /** Returns the blocks, with the parts that need not be pulled where asking pays. `old`: those where the file held other bytes of the disk. */
  async refine(
    lacks: readonly Lack[],
    old: ReadonlySet<number>,
    donors: readonly Donor[],
    puller: Puller,
  ): Promise<readonly Lack[]> {
    if (this.#blockSize === pieceBytes) return lacks;
    if (donors.length > 0) await within(patienceMs, this.#pieces.learn(donors));
    const [olds, news] = [lacks.filter(({ block }) => old.has(block)), lacks.filter(({ block }) => !old.has(block))];
    const refined = await Promise.all([
      ...this.#groups(olds).map((group) => this.#ask(group, true, this.#fromOld, puller)),
      ...(donors.length > 0 ? this.#groups(news).map((group) => this.#ask(group, false, this.#fromDonors, puller)) : [news]),
    ]);
    return refined.flat().sort((a, b) => a.block - b.block);
  }

  #groups(lacks: readonly Lack[]): Lack[][] {
    return partsOf(lacks, limits.frameBytes / this.#blockSize);
  }

  async #ask(lacks: readonly Lack[], old: boolean, gain: Yield, puller: Puller): Promise<readonly Lack[]> {
    if (!(await gain.pays())) return lacks;
    const { crew, fd, algorithm, turn } = this.#target;
    const ranges = lacks.map(({ offset, length }) => [offset, length] as const);
    let [saved, asked, at] = [0, 0, 0];
    try {
      const [wanted, before] = await Promise.all([
        puller.asker.refine(stretchesOf(lacks)),
        old ? crew.run('pieces', { parts: [{ from: { fd }, ranges }], algorithm }, { turn }) : null,
      ]);
      return lacks.map((lack): Lack => {
        const parts = this.#partsOf(lack, { wanted, old: before, at });
        at += parts.length * pieceDigestBytes;
        const here = parts.reduce((sum, part) => sum + (part?.length ?? 0), 0);
        [saved, asked] = [saved + here, asked + lack.length];
        return here > 0 ? { ...lack, parts } : lack;
      });
    } finally {
      gain.learn(saved, asked);
    }
  }

  #partsOf({ offset, length }: Lack, { wanted, old, at }: Names): (Part | null)[] {
    const { fd, algorithm } = this.#target;
    return Array.from({ length: Math.ceil(length / pieceBytes) }, (_, index): Part | null => {
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

function stretchesOf(lacks: readonly Lack[]): Stretches {
  const stretches: [number, number][] = [];
  for (const { block } of lacks) {
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

/** Waits for a work, but not for ever; the work goes on. */
async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, timeoutMs);
  await Promise.race([work, late.promise]);
  clearTimeout(timer);
}

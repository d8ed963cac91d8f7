import { digestBytes, extentOf } from '../../../shared/model/disk.ts';
import type { DonorMatch, Donors, LastMatch } from '../dedup/donors.ts';
import type { MissingBlock } from '../pull/missing-block.ts';
import type { Brought, Puller } from '../pull/puller.ts';
import type { Refinement } from '../pull/refinement.ts';
import { digestsAt, isSameAt, isZeroAt } from '../store/digests.ts';
import type { FreeSpace } from '../store/free-space.ts';
import { InUse } from '../store/in-use.ts';
import type { BlockRecorder } from './block-recorder.ts';
import type { CopyFile } from './copy-file.ts';

/** What filling a page needs: its copy, and where its blocks may come from. */
export interface PageTools {
  readonly file: CopyFile;
  readonly recorder: BlockRecorder;
  readonly refinement: Refinement;
  readonly donors: Donors;
  readonly freeSpace: FreeSpace;
  /** Where a donor last held blocks of this disk. */
  readonly lastMatch: LastMatch;
}

/** A block that differs from its digest in the page. `old`: the file holds earlier bytes there. */
interface Open {
  readonly place: number;
  readonly old: boolean;
}

/** A fetched block: its place in the page, and the result. */
interface Fetched {
  readonly place: number;
  readonly end: PromiseSettledResult<Brought>;
}

/**
 * Makes one page of a copy equal to the manifest: compares what is there, copies from donors, and
 * pulls the rest.
 */
export class CopyPage {
  readonly #tools: PageTools;
  readonly #first: number;
  readonly #digests: Uint8Array;
  readonly #puller: Puller;

  constructor(tools: PageTools, first: number, digests: Uint8Array, puller: Puller) {
    this.#tools = tools;
    this.#first = first;
    this.#digests = digests;
    this.#puller = puller;
  }

  /** Returns how many blocks were pulled, as a whole or in part. */
  async fill(): Promise<number> {
    const { open, zeros } = await this.#compare();
    await this.#tools.recorder.makeZeros(zeros);
    return this.#fillMissing(open);
  }

  /** Records the blocks that match; returns those to be made zeros, and the missing ones. */
  async #compare(): Promise<{ open: readonly Open[]; zeros: readonly number[] }> {
    const { file, recorder } = this.#tools;
    const { blocks } = file;
    const count = this.#digests.length / digestBytes;
    const ours = await file.digests(this.#first, count);
    const zeros: number[] = [];
    const unsure: number[] = [];
    const open: Open[] = [];
    for (let place = 0; place < count; place += 1) {
      const block = this.#first + place;
      const zero = isZeroAt(this.#digests, place);
      const blank = blocks.isBlank(block);
      const known = blocks.isKnown(block);
      if (known && isSameAt(ours, place, this.#digests)) recorder.found(block, zero ? 'zero' : 'reused');
      else if (zero && blank) recorder.found(block, 'zero');
      else if (zero) zeros.push(block);
      else if (blank || known) open.push({ place, old: !blank });
      else unsure.push(place);
    }
    await file.distrust([...zeros, ...open.map(({ place }) => this.#first + place)]);
    const left = await this.#look(unsure);
    return { open: [...open, ...left].sort((a, b) => a.place - b.place), zeros };
  }

  /** Reads blocks of unknown content; returns those that differ from their digests. */
  async #look(places: readonly number[]): Promise<Open[]> {
    if (places.length === 0) return [];
    const { file, recorder } = this.#tools;
    const blocks = places.map((place) => this.#first + place);
    const bad = new Set(await file.check(blocks, digestsAt(this.#digests, places)));
    const good = places.filter((_, index) => !bad.has(index));
    await recorder.record(this.#first, this.#digests, good, 'reused');
    for (const place of good) file.blocks.verify(this.#first + place);
    return places.filter((_, index) => bad.has(index)).map((place) => ({ place, old: false }));
  }

  /**
   * Copies what donors have, and pulls the rest. A block that another page pulls already is
   * awaited, and copied from there.
   */
  async #fillMissing(open: readonly Open[]): Promise<number> {
    if (open.length === 0) return 0;
    const { donors } = this.#tools;
    const { matches, others } = await this.#find(open);
    const seen = new Set<string>();
    const mine: Open[] = [];
    const theirs: Open[] = [];
    const waits: Promise<void>[] = [];
    for (const one of others) {
      const digest = digestsAt(this.#digests, [one.place]);
      const coming = donors.coming(digest);
      if (coming !== undefined) waits.push(coming);
      const isMine = coming === undefined && !seen.has(digest.toString('latin1'));
      (isMine ? mine : theirs).push(one);
      seen.add(digest.toString('latin1'));
    }
    const come = donors.expect(mine.map(({ place }) => digestsAt(this.#digests, [place])));
    let pulled: number;
    try {
      pulled = await this.#fetch(mine, matches);
    } finally {
      // This comes before the wait: otherwise two pages might wait for each other.
      come();
    }
    if (theirs.length === 0) return pulled;
    await Promise.all(waits);
    this.#puller.signal.throwIfAborted();
    const now = await this.#find(theirs);
    return pulled + (await this.#fetch(now.others, now.matches));
  }

  /** Looks for blocks in donors, and in what has arrived of this disk. */
  async #find(open: readonly Open[]): Promise<{ matches: readonly DonorMatch[]; others: readonly Open[] }> {
    const { donors, lastMatch } = this.#tools;
    const places = open.map(({ place }) => place);
    const matches = await donors.find(this.#first, this.#digests, places, lastMatch);
    const found = new Set(matches.map(({ place }) => place));
    return { matches, others: open.filter(({ place }) => !found.has(place)) };
  }

  /**
   * Writes found and pulled blocks together, so that neighbours are one write; returns how many
   * were pulled.
   */
  async #fetch(open: readonly Open[], matches: readonly DonorMatch[]): Promise<number> {
    const { file, recorder, refinement, donors, freeSpace } = this.#tools;
    if (open.length + matches.length === 0) return 0;
    const whole = open.map(({ place }) => this.#missing(place));
    const old = new Set(open.flatMap((one) => (one.old ? [this.#first + one.place] : [])));
    const donated = matches.map(({ place, donor, block }): MissingBlock => {
      const missing = this.#missing(place);
      const part = { fd: donor.fd, at: block * donor.shape.blockSize, length: missing.length };
      return { ...missing, parts: [part], donated: { path: donor.path, block } };
    });
    const bytes = [...whole, ...donated].reduce((sum, { length }) => sum + length, 0);
    const wholeDonors = donors.whole();
    const fetch = async (): Promise<Fetched[]> => {
      const refined = await refinement.refine(whole, old, wholeDonors, this.#puller);
      const missing = [...refined, ...donated].sort((a, b) => a.block - b.block);
      const ends = await Promise.allSettled(this.#puller.fetch(missing));
      return missing.map(({ block }, index) => ({ place: block - this.#first, end: ends[index] as Fetched['end'] }));
    };
    // No donor is closed while it is read.
    const lent = new Set([...wholeDonors, ...matches.map(({ donor }) => donor)].filter((donor) => donor !== file));
    const inUse = [...lent].map((donor) => donor.inUse);
    const come = await freeSpace.write(bytes, () => InUse.together(inUse, fetch));
    const placesOf = (how: Brought): number[] =>
      come.flatMap(({ place, end }) => (end.status === 'fulfilled' && end.value === how ? [place] : []));
    const pulled = placesOf('pulled');
    await recorder.record(this.#first, this.#digests, placesOf('copied'), 'copied');
    await recorder.record(this.#first, this.#digests, pulled, 'pulled');
    for (const { end } of come) if (end.status === 'rejected') throw end.reason;
    return pulled.length;
  }

  #missing(place: number): MissingBlock {
    const { size, blockSize } = this.#tools.file.shape;
    const block = this.#first + place;
    return { block, digest: digestsAt(this.#digests, [place]), ...extentOf(block, size, blockSize) };
  }
}

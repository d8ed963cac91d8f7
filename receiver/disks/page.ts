import { digestBytes, extentOf, pageBytes } from '../../shared/model/disk.ts';
import type { Copy } from './copy.ts';
import { digestsAt, isSameAt, isZeroAt, partsOf } from './digests.ts';
import type { Find } from './donors.ts';
import type { Lack, Puller } from './puller.ts';
import { Works } from './works.ts';

/** A block that is not as the page names it: its place in the page. `old`: the file holds earlier bytes of the disk there. */
interface Open {
  readonly place: number;
  readonly old: boolean;
}

/** One stretch of a manifest, while the copy is made equal to it: what is there is compared, what others of our disks have is copied, the rest is pulled. */
export class Page {
  readonly #copy: Copy;
  readonly #first: number;
  readonly #digests: Uint8Array;
  readonly #puller: Puller;

  constructor(copy: Copy, first: number, digests: Uint8Array, puller: Puller) {
    this.#copy = copy;
    this.#first = first;
    this.#digests = digests;
    this.#puller = puller;
  }

  /** Returns how many blocks had to be pulled, as a whole or in part. */
  async fill(): Promise<number> {
    const { open, zeros } = await this.#compare();
    await this.#copy.makeZeros(zeros);
    return this.#pull(await this.#supply(open));
  }

  /** Settles what is there already, and returns what has to be zeros, and what else is lacking. */
  async #compare(): Promise<{ open: readonly Open[]; zeros: readonly number[] }> {
    const copy = this.#copy;
    const { blocks } = copy;
    const count = this.#digests.length / digestBytes;
    const ours = await copy.digests(this.#first, count);
    const [zeros, unsure, open]: [number[], number[], Open[]] = [[], [], []];
    for (let place = 0; place < count; place += 1) {
      const block = this.#first + place;
      const [zero, blank, known] = [isZeroAt(this.#digests, place), blocks.isBlank(block), blocks.isKnown(block)];
      if (known && isSameAt(ours, place, this.#digests)) copy.found(block, zero ? 'zero' : 'reused');
      else if (zero && blank) copy.found(block, 'zero');
      else if (zero) zeros.push(block);
      else if (blank || known) open.push({ place, old: !blank });
      else unsure.push(place);
    }
    await copy.distrust([...zeros, ...open.map(({ place }) => this.#first + place)]);
    const left = await this.#look(unsure);
    return { open: [...open, ...left].sort((a, b) => a.place - b.place), zeros };
  }

  /** Reads blocks of which nothing is known; returns those that are not as they are named. */
  async #look(places: readonly number[]): Promise<Open[]> {
    if (places.length === 0) return [];
    const blocks = places.map((place) => this.#first + place);
    const bad = new Set(await this.#copy.check(blocks, digestsAt(this.#digests, places)));
    const good = places.filter((_, index) => !bad.has(index));
    await this.#copy.settle(this.#first, this.#digests, good, 'reused');
    for (const place of good) this.#copy.blocks.verify(this.#first + place);
    return places.filter((_, index) => bad.has(index)).map((place) => ({ place, old: false }));
  }

  /** Takes what other disks of ours have; returns what none has. */
  async #supply(open: readonly Open[]): Promise<readonly Open[]> {
    const { tools, trail, shape } = this.#copy;
    const places = open.map(({ place }) => place);
    const finds = places.length === 0 ? [] : await tools.donors.find(this.#first, this.#digests, places, trail);
    if (finds.length === 0) return open;
    const copies = partsOf(finds, pageBytes / shape.blockSize).map((some) => this.#borrow(some));
    const good = (await Promise.all(copies)).flat().sort((a, b) => a - b);
    await this.#copy.settle(this.#first, this.#digests, good, 'copied');
    const done = new Set(good);
    return open.filter(({ place }) => !done.has(place));
  }

  /** Copies blocks from where they were found; returns the places of those that were still what they had been. */
  async #borrow(finds: readonly Find[]): Promise<number[]> {
    const copy = this.#copy;
    const { size, blockSize, algorithm } = copy.shape;
    const blocks = finds.map(({ place, donor, block }) => {
      const at = block * donor.shape.blockSize;
      return { fd: donor.fd, at, ...extentOf(this.#first + place, size, blockSize) };
    });
    const digests = digestsAt(
      this.#digests,
      finds.map(({ place }) => place),
    );
    // No donor is closed while it is read.
    const lent = [...new Set(finds.map(({ donor }) => donor))].filter((donor) => donor !== copy).map(({ works }) => works);
    const task = { blocks, digests, algorithm, file: copy.file };
    const bytes = blocks.reduce((sum, { length }) => sum + length, 0);
    const borrow = (): Promise<readonly number[]> =>
      Works.together(lent, () => copy.tools.crew.run('copy', task, { turn: copy }));
    const bad = new Set(await copy.tools.room.write(bytes, borrow));
    for (const [index, find] of finds.entries()) if (bad.has(index)) copy.spoilt(find.donor.path, find.block);
    return finds.filter((_, index) => !bad.has(index)).map(({ place }) => place);
  }

  /** Pulls what nobody here has; what another page pulls already is waited for, and taken from there. */
  async #pull(open: readonly Open[]): Promise<number> {
    if (open.length === 0) return 0;
    const { donors } = this.#copy.tools;
    const seen = new Set<string>();
    const [mine, theirs, waits]: [Open[], Open[], Promise<void>[]] = [[], [], []];
    for (const one of open) {
      const digest = digestsAt(this.#digests, [one.place]);
      const coming = donors.coming(digest);
      if (coming !== undefined) waits.push(coming);
      const isMine = coming === undefined && !seen.has(digest.toString('latin1'));
      (isMine ? mine : theirs).push(one);
      seen.add(digest.toString('latin1'));
    }
    const come = donors.expect(mine.map(({ place }) => digestsAt(this.#digests, [place])));
    try {
      await this.#fetch(mine);
    } finally {
      // Before we wait for others, or two pages might wait for each other.
      come();
    }
    if (theirs.length === 0) return mine.length;
    await Promise.all(waits);
    this.#puller.signal.throwIfAborted();
    const rest = await this.#supply(theirs);
    await this.#fetch(rest);
    return mine.length + rest.length;
  }

  async #fetch(open: readonly Open[]): Promise<void> {
    if (open.length === 0) return;
    const { tools, shape, refinement } = this.#copy;
    const whole = open.map(({ place }): Lack => {
      const block = this.#first + place;
      return { block, digest: digestsAt(this.#digests, [place]), ...extentOf(block, shape.size, shape.blockSize) };
    });
    const old = new Set(open.flatMap((one) => (one.old ? [this.#first + one.place] : [])));
    const bytes = whole.reduce((sum, { length }) => sum + length, 0);
    const donors = tools.donors.whole();
    const fetch = async (): Promise<PromiseSettledResult<void>[]> => {
      const lacks = await refinement.refine(whole, old, donors, this.#puller);
      return Promise.allSettled(this.#puller.fetch(lacks));
    };
    const lent = donors.map(({ works }) => works);
    const ends = await tools.room.write(bytes, () => Works.together(lent, fetch));
    const come = open.filter((_, index) => ends[index]?.status === 'fulfilled').map(({ place }) => place);
    await this.#copy.settle(this.#first, this.#digests, come, 'pulled');
    const failure = ends.find((end) => end.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }
}

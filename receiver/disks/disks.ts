import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { limits } from '../../protocol/limits.ts';
import { ifAbsent } from '../../shared/absent.ts';
import { Semaphore } from '../../shared/concurrency/semaphore.ts';
import { within } from '../../shared/concurrency/within.ts';
import type { BlockSource } from '../../shared/disk/block-source.ts';
import { blockCount } from '../../shared/model/disk.ts';
import { Problem } from '../../shared/problem.ts';
import { Copy, type CopyTools } from './copy/copy.ts';
import { PinnedDigests } from './copy/pinned-digests.ts';
import { sealedSource } from './copy/sealed-source.ts';
import { BorrowedDonors } from './dedup/borrowed-donors.ts';
import { keepDisk } from './dedup/kept-disk.ts';
import type { Puller } from './pull/puller.ts';
import { type Sealed, SealMarkers } from './seal-markers.ts';
import { DigestFile, type Shape } from './store/digest-file.ts';
import { discardFolder } from './store/disk-usage.ts';

/**
 * The progress of a copy: bytes of the disk, bytes that survive a power cut, and blocks that
 * arrived wrong and were pulled again.
 */
export interface Copying {
  readonly id: string;
  readonly size: number;
  readonly durable: number;
  readonly mended: number;
}

/**
 * How long an offer waits until the blocks of the receiver's disks are known, in milliseconds;
 * those of large ones are learned beside the work, and found later.
 */
const learnMs = 5_000;

/**
 * The copies of one campaign's disks: `disks/<server>/<disk>.part`, or `….raw` and a marker once
 * sealed, each with digests and marks. They stay open as donors for each other.
 */
export class Disks {
  readonly #campaign: string;
  readonly #folder: string;
  readonly #tools: CopyTools;
  readonly #copies = new Map<string, Copy>();
  /**
   * One operation per disk at a time: a broken connection may still seal what the next one offers.
   */
  readonly #turns = new Map<string, Semaphore>();
  /** How many imports or comparisons read each sealed disk now, by its id. */
  readonly #readers = new Map<string, number>();
  readonly #isBuilt: (disk: string) => boolean;
  #remembering: Promise<void> | null = null;
  readonly #markers: SealMarkers;
  readonly #borrowed: BorrowedDonors;
  #kept: string | null = null;

  /** `isBuilt`: whether a disk is an image at the destination already. */
  constructor(campaign: string, folder: string, tools: CopyTools, isBuilt: (disk: string) => boolean = () => false) {
    this.#campaign = campaign;
    this.#folder = folder;
    this.#tools = tools;
    this.#markers = new SealMarkers(campaign, folder);
    this.#borrowed = new BorrowedDonors(tools);
    this.#isBuilt = isBuilt;
  }

  /**
   * Opens the copy to fill; a sealed disk is compared again. `dataBytes`: how much of the disk may
   * hold data, if known. Throws E_DISK_FULL, and E_CAMPAIGN_STATE while its image is made or
   * exists.
   */
  offer(server: string, disk: string, shape: Shape, dataBytes?: number): Promise<Copy> {
    return this.#inTurn(disk, async () => {
      mustBeTracked(disk, shape);
      await this.remember();
      if (this.#readers.has(disk) || this.#isBuilt(disk)) throw inUse(disk);
      const copy = await this.#offer(server, disk, shape);
      if (dataBytes !== undefined) await copy.mustFit(Math.min(dataBytes, shape.size));
      return copy;
    });
  }

  async #offer(server: string, disk: string, shape: Shape): Promise<Copy> {
    const open = this.#copies.get(disk);
    // A sealed disk that may change is read for nobody any more: that would take as long as it is.
    if (open !== undefined) this.#tools.donors.pieces.forget(open.file);
    // The work of an older connection must have ended before the next one begins.
    await open?.file.inUse.ended();
    if (open !== undefined && !open.file.whole && isSame(open.shape, shape)) return open;
    // The marker goes first: it must never certify bytes that may still change.
    await this.#markers.remove(server, disk);
    const part = this.#path(server, disk, 'part');
    if (open !== undefined && isSame(open.shape, shape)) {
      await this.#unseal(open, part);
      return open;
    }
    if (open !== undefined) await this.#shut(disk);
    // A sealed copy whose disk is offered again (a second attempt took a new snapshot) is the best
    // start.
    await rename(this.#path(server, disk, 'raw'), part).catch(ifAbsent(undefined));
    const copy = await this.#open(server, disk, part, shape);
    await within(learnMs, copy.donate());
    return copy;
  }

  /** The record of a sealed disk, or null. */
  sealed(server: string, disk: string): Promise<Sealed | null> {
    return this.#markers.read(server, disk);
  }

  /**
   * Reads a copy back, compares it with its root, seals it and writes its marker. Throws
   * E_ROOT_MISMATCH.
   */
  seal(server: string, disk: string, root: string, puller?: Puller): Promise<Sealed> {
    return this.#inTurn(disk, async () => {
      const copy = this.#copies.get(disk);
      const done = await this.sealed(server, disk);
      if (done?.root === root) return done;
      if (copy === undefined || copy.file.whole || puller === undefined)
        throw new Problem('E_NOT_FOUND', `Disk ${disk} was not offered.`, { about: `disk/${disk}` });
      await copy.sealing(async () => {
        await copy.verify(puller);
        const own = await copy.file.root();
        if (own !== root)
          throw new Problem('E_ROOT_MISMATCH', `The root of the copy is ${own}, the sender says ${root}.`, { about: copy.path });
        await copy.file.rename(this.#path(server, disk, 'raw'));
        copy.file.whole = true;
        copy.file.blocks.seal();
      });
      const sealed = { ...copy.counts(), size: copy.shape.size, block_size: copy.shape.blockSize, root };
      await this.#markers.write(server, disk, sealed);
      return sealed;
    });
  }

  /**
   * Opens a sealed disk for its import, which MUST close it: until then it is not offered again. A
   * wrong block unseals it (E_BLOCK_MISMATCH). Throws E_ROOT_MISMATCH where it is not sealed.
   */
  open(server: string, disk: string): Promise<BlockSource> {
    return this.#inTurn(disk, () => this.#read(server, disk));
  }

  async #read(server: string, disk: string): Promise<BlockSource> {
    await this.remember();
    const sealed = await this.sealed(server, disk);
    const copy = this.#copies.get(disk);
    if (sealed === null || copy?.file.whole !== true)
      throw new Problem('E_ROOT_MISMATCH', `Disk ${disk} is not verified; it cannot become an image.`, {
        about: `disk/${disk}`,
      });
    const digests = await PinnedDigests.of(copy.file);
    if (digests.root !== sealed.root) await this.#spoilt(server, disk, copy, []);
    this.#readers.set(disk, (this.#readers.get(disk) ?? 0) + 1);
    return sealedSource(copy.file, {
      digests,
      onWrong: (blocks) => this.#spoilt(server, disk, copy, blocks),
      onClose: () => this.#readBy(disk),
    });
  }

  /** A reader of a sealed disk has ended. */
  #readBy(disk: string): void {
    const others = (this.#readers.get(disk) ?? 1) - 1;
    if (others > 0) this.#readers.set(disk, others);
    else this.#readers.delete(disk);
  }

  /** Deletes every copy; returns the bytes they used. The markers stay as a record. */
  async discardAll(): Promise<number> {
    await this.close();
    return discardFolder(join(this.#folder, 'disks'));
  }

  /**
   * Sets the folder of disks kept from earlier campaigns of the same sender to the same project.
   * MUST come before the first offer to have an effect.
   */
  useKept(folder: string): void {
    this.#kept = folder;
  }

  /** Moves every sealed disk to the folder of kept disks. */
  async keepAll(): Promise<void> {
    if (this.#kept === null) return;
    await this.remember();
    const sealed = [...this.#copies].filter(([, { file }]) => file.whole);
    await this.close();
    for (const [disk, { path }] of sealed) await keepDisk(path.slice(0, -'.raw'.length), this.#kept, `${this.#campaign}.${disk}`);
  }

  /**
   * Makes a raw file a donor. Its digests are read from `base.digests`, or computed and written
   * there; the caller keeps both files until `close`.
   */
  addDonor(file: string, base: string, shape: Shape, signal: AbortSignal): Promise<void> {
    return this.#borrowed.addFile(file, base, shape, signal);
  }

  /** Whether disks of a folder are donors for this campaign. */
  borrows(folder: string): boolean {
    return this.#borrowed.isFrom(folder);
  }

  /** Removes and closes the donors whose path begins so. */
  letGo(path: string): Promise<void> {
    return this.#borrowed.release(path);
  }

  /** The copies under way. */
  copies(): Copying[] {
    return [...this.#copies]
      .filter(([, { file }]) => !file.whole)
      .map(([id, { shape, flushes, mended }]) => {
        const durable = Math.min(shape.size, flushes.durable * shape.blockSize);
        return { id, size: shape.size, durable, mended };
      });
  }

  async close(): Promise<void> {
    await this.#remembering?.catch(() => undefined);
    await Promise.all([...this.#copies.keys()].map((disk) => this.#shut(disk)));
    await this.#borrowed.close();
    this.#remembering = null;
  }

  /** Opens the disks sealed before the daemon started, so that they are donors for others. */
  remember(): Promise<void> {
    // A failed disk is tried again by the next caller: a full disk, or too many open files, may
    // pass.
    this.#remembering ??= this.#remember().catch((error: unknown) => {
      this.#remembering = null;
      throw error;
    });
    return this.#remembering;
  }

  async #remember(): Promise<void> {
    const learning: Promise<unknown>[] = [];
    if (this.#kept !== null) learning.push((await this.#borrowed.addKept(this.#kept)).learned);
    const folder = join(this.#folder, 'disks');
    for (const server of await readdir(folder).catch(() => [])) {
      for (const name of await readdir(join(folder, server))) {
        if (!name.endsWith('.raw')) continue;
        const disk = name.slice(0, -'.raw'.length);
        const shape = await DigestFile.shapeOf(this.#base(server, disk));
        if (shape === null || this.#copies.has(disk) || (await this.sealed(server, disk)) === null) continue;
        const copy = await this.#open(server, disk, this.#path(server, disk, 'raw'), shape);
        copy.file.whole = true;
        learning.push(copy.donate());
      }
    }
    await within(
      learnMs,
      Promise.all(learning).then(() => undefined),
    );
  }

  async #open(server: string, disk: string, path: string, shape: Shape): Promise<Copy> {
    const copy = await Copy.open(path, this.#base(server, disk), shape, this.#tools);
    this.#copies.set(disk, copy);
    return copy;
  }

  async #unseal(copy: Copy, part: string): Promise<void> {
    await copy.file.rename(part);
    copy.file.whole = false;
    copy.begin();
  }

  /**
   * Unseals a disk that has changed since; its wrong blocks are copied again with the next offer.
   */
  async #spoilt(server: string, disk: string, copy: Copy, blocks: readonly number[]): Promise<never> {
    await this.#markers.remove(server, disk);
    await copy.file.distrust(blocks);
    const what =
      blocks.length === 0 ? 'its list of digests has' : `${blocks.length} blocks of it, first block ${blocks[0]}, have`;
    const says = `Disk ${disk} is no longer what was sealed: ${what} changed on our own disk. It is not used, and no longer sealed.`;
    throw new Problem('E_BLOCK_MISMATCH', says, { about: copy.path });
  }

  #inTurn<T>(disk: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.get(disk) ?? new Semaphore(1);
    this.#turns.set(disk, turn);
    return turn.run(work);
  }

  async #shut(disk: string): Promise<void> {
    const copy = this.#copies.get(disk);
    this.#copies.delete(disk);
    if (copy === undefined) return;
    this.#tools.donors.remove(copy.file);
    await copy.close();
  }

  #base(server: string, disk: string): string {
    return join(this.#folder, 'disks', server, disk);
  }

  #path(server: string, disk: string, state: 'part' | 'raw'): string {
    return `${this.#base(server, disk)}.${state}`;
  }
}

function inUse(disk: string): Problem {
  return new Problem('E_CAMPAIGN_STATE', `Disk ${disk} is being made an image, or is one: its copy stays as it was sealed.`, {
    about: `disk/${disk}`,
    hint: 'Remove the image first; then the disk can be offered again.',
  });
}

/** Throws E_TOO_LARGE for a disk of more blocks than a receiver keeps track of. */
function mustBeTracked(disk: string, { size, blockSize }: Shape): void {
  const blocks = blockCount(size, blockSize);
  if (blocks <= limits.diskBlocks) return;
  const says = `Disk ${disk} has ${blocks} blocks of ${blockSize} bytes; a receiver keeps track of ${limits.diskBlocks} at most.`;
  throw new Problem('E_TOO_LARGE', says, { about: `disk/${disk}`, hint: 'Larger blocks are fewer.' });
}

function isSame(ours: Shape, theirs: Shape): boolean {
  return ours.size === theirs.size && ours.blockSize === theirs.blockSize && ours.algorithm === theirs.algorithm;
}

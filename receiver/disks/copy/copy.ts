import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { openDirect } from '../../../shared/disk/direct.ts';
import { giveBack } from '../../../shared/disk/give-back.ts';
import type { OpenFile } from '../../../shared/disk/reading.ts';
import type { WorkerPool } from '../../../shared/disk/worker-pool.ts';
import { syncFolder } from '../../../shared/durable.ts';
import type { Log } from '../../../shared/log.ts';
import { digestBytes, extentOf, pageBytes, Root } from '../../../shared/model/disk.ts';
import { Problem } from '../../../shared/problem.ts';
import type { Donor, Donors, Trail } from '../dedup/donors.ts';
import type { Puller, Tally, Target } from '../pull/puller.ts';
import { Refinement } from '../pull/refinement.ts';
import { Blocks, type How, type HowMany } from './blocks.ts';
import { DigestFile, type Shape } from './digest-file.ts';
import { isZeroAt, partsOf, runsOf } from './digests.ts';
import { Flushes } from './flushes.ts';
import { InUse } from './in-use.ts';
import { Page } from './page.ts';
import { reread } from './reread.ts';
import type { Room } from './room.ts';

/** How a copy came to be: counts of blocks, and bytes pulled, raw and as frames. */
export interface CopyCounts extends HowMany {
  readonly blocks: number;
  readonly mended: number;
  readonly bytes_pulled: number;
  readonly bytes_wire: number;
}

/** The file of a copy, and the same past the page cache where there is such a way. */
interface Files {
  readonly file: FileHandle;
  readonly direct: FileHandle | null;
}

/** What a copy works with. */
export interface CopyTools {
  readonly crew: WorkerPool;
  readonly donors: Donors;
  readonly room: Room;
  /** Whether the file is written and read past the page cache, where that can be. */
  readonly directIo: boolean;
  readonly log: Log;
}

/**
 * The receiver's copy of one disk: a sparse file that is made equal to the sender's manifest, block by block.
 * A digest file beside it says what it holds; what that does not say is read. So a resumed copy, a copy of an older snapshot and a fresh one are the same loop.
 */
export class Copy implements Donor, Tally {
  readonly shape: Shape;
  /** Whether the disk is sealed: all of it is there, and stays as it is. */
  whole = false;
  readonly works = new InUse();
  readonly blocks: Blocks;
  readonly tools: CopyTools;
  readonly #file: FileHandle;
  readonly #direct: FileHandle | null;
  readonly #digests: DigestFile;
  readonly trail: Trail = { donor: null, shift: 0 };
  readonly refinement: Refinement;
  readonly flushes: Flushes;
  #path: string;
  #mended = 0;
  #pulledBytes = 0;
  #wireBytes = 0;

  private constructor(path: string, shape: Shape, files: Files, digests: DigestFile, fresh: boolean, tools: CopyTools) {
    this.#path = path;
    this.shape = shape;
    this.#file = files.file;
    this.#direct = files.direct;
    this.#digests = digests;
    this.tools = tools;
    this.blocks = new Blocks(digests.blocks, fresh);
    for (const block of digests.marked()) this.blocks.remember(block);
    this.flushes = new Flushes(this, files.file, digests);
    this.refinement = new Refinement(this.target, shape, tools.donors.pieces);
  }

  /** Opens the copy at `path`, whose digests lie beside it under `base`, keeping what an earlier one left there. Throws E_DISK_FULL. */
  static async open(path: string, base: string, shape: Shape, tools: CopyTools): Promise<Copy> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await (await open(path, 'a', 0o600)).close();
    const file = await open(path, 'r+');
    try {
      const { size: had } = await file.stat();
      if (had !== shape.size) await file.truncate(shape.size);
      // Digests without their disk say nothing.
      if (had === 0) await DigestFile.remove(base);
      const digests = await DigestFile.open(base, shape);
      await syncFolder(dirname(path));
      const direct = tools.directIo ? await openDirect(path, 'r+') : null;
      return new Copy(path, shape, { file, direct }, digests, had === 0, tools);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get path(): string {
    return this.#path;
  }

  get fd(): number {
    return this.#file.fd;
  }

  /** How worker threads write and read it. */
  get file(): OpenFile {
    return { fd: this.#file.fd, direct: this.#direct?.fd };
  }

  /** Where blocks are pulled to. */
  get target(): Target {
    return { path: this.path, file: this.file, algorithm: this.shape.algorithm, turn: this, crew: this.tools.crew };
  }

  digests(first: number, count: number): Promise<Buffer> {
    return this.#digests.read(first, count);
  }

  holds(block: number): boolean {
    return this.blocks.isKnown(block);
  }

  landed(rawBytes: number, wireBytes: number): void {
    this.#pulledBytes += rawBytes;
    this.#wireBytes += wireBytes;
  }

  wrong(block: number): void {
    this.#mended += 1;
    this.tools.log.warn(
      { path: this.path, block },
      'a block came out with other bytes than its digest names; it is pulled again',
    );
  }

  /** A disk that stands in for others has changed. */
  spoilt(path: string, block: number): void {
    this.#mended += 1;
    this.tools.log.warn({ path, block }, 'a disk that stands in for another has changed; the block is taken from elsewhere');
  }

  /** Begins a new offer of the same disk: nothing is named yet. */
  begin(): void {
    this.blocks.begin(true);
    this.flushes.begin();
    [this.#mended, this.#pulledBytes, this.#wireBytes] = [0, 0, 0];
  }

  /** Throws E_DISK_FULL where the file system has not room for `dataBytes` of this disk, less what the file holds already. */
  async mustFit(dataBytes: number): Promise<void> {
    const { blocks } = await this.#file.stat();
    const needed = dataBytes - blocks * 512;
    if (needed > 0) await this.tools.room.mustHave(needed + this.#digests.blocks * digestBytes);
  }

  /** Makes the blocks of one manifest page equal to their digests, pulling those it lacks; returns how many had to be pulled, as a whole or in part. */
  async take(first: number, digests: Uint8Array, puller: Puller): Promise<number> {
    const count = digests.length / digestBytes;
    this.#mustLieInside(first, count);
    return this.works.run(async () => {
      this.flushes.throwIfFailed();
      const pulled = await new Page(this, first, digests, puller).fill();
      this.flushes.soon();
      return pulled;
    });
  }

  /** Makes a stretch of blocks zeros. */
  async hole(first: number, count: number): Promise<void> {
    this.#mustLieInside(first, count);
    return this.works.run(async () => {
      const most = 1024 * 1024;
      for (let from = first; from < first + count; from += most) {
        await this.#hole(from, Math.min(most, first + count - from));
        await setImmediate();
      }
      this.flushes.soon();
    });
  }

  /**
   * Reads again what was not read since it was written, and pulls what changed on our own disk, twice at most; then everything that was named is there.
   * Throws E_ROOT_MISMATCH where a block was never named, or does not keep what is written to it.
   */
  verify(puller: Puller): Promise<void> {
    return this.works.run(async () => {
      await this.flushes.stopReading();
      const untold = this.blocks.untold();
      if (untold !== undefined)
        throw new Problem('E_ROOT_MISMATCH', `The sender sealed the disk before it named block ${untold}.`, { about: this.path });
      for (let attempt = 0; ; attempt += 1) {
        await this.flushes.now();
        const bad = await reread(this, this.tools.crew.workers * 2, puller.signal);
        if (bad.length === 0) return;
        if (attempt === 2) {
          const says = `${bad.length} blocks of ${this.path} do not keep what is written to them, first block ${bad[0]}.`;
          throw new Problem('E_ROOT_MISMATCH', says, { about: this.path });
        }
        for (const block of bad) await this.#mend(block, puller);
      }
    });
  }

  /** The root of what the digest file says. */
  async root(): Promise<string> {
    const { size, blockSize, algorithm } = this.shape;
    const root = new Root(size, blockSize, algorithm);
    const most = 32 * 1024;
    for (let first = 0; first < this.blocks.length; first += most) {
      const digests = await this.#digests.read(first, Math.min(most, this.blocks.length - first));
      root.add(digests);
      giveBack(digests);
    }
    return root.value();
  }

  /** Lets other disks take blocks from here: those it holds, and those it is given from now on. */
  async donate(): Promise<void> {
    const { donors } = this.tools;
    if (this.blocks.isEmpty) donors.add(this);
    else await donors.addAll(this);
  }

  /** Blocks that came out wrong and were pulled again. */
  get mended(): number {
    return this.#mended;
  }

  counts(): CopyCounts {
    return {
      blocks: this.blocks.length,
      ...this.blocks.counts(),
      mended: this.#mended,
      bytes_pulled: this.#pulledBytes,
      bytes_wire: this.#wireBytes,
    };
  }

  /** Forgets what the file holds at some blocks: somebody found other bytes there. What was marked is so no more. */
  async distrust(blocks: readonly number[]): Promise<void> {
    for (const block of blocks) this.blocks.forget(block);
    await this.#digests.unmark(blocks);
  }

  /** Gives the file another name, in the same folder. */
  async rename(path: string): Promise<void> {
    await rename(this.#path, path);
    this.#path = path;
    await syncFolder(dirname(path));
  }

  /** Ends what is under way, saves what can be saved, and closes the files. */
  async close(): Promise<void> {
    await this.works.ended();
    // The last of them may have begun a flush, after which the file would be read.
    await this.flushes.stopReading();
    // What cannot be flushed now is read again next time.
    await this.flushes
      .now()
      .catch((error: unknown) => this.tools.log.warn({ err: error, path: this.path }, 'a copy could not be flushed'));
    await this.#digests.close();
    await this.#direct?.close();
    await this.#file.close();
  }

  #mustLieInside(first: number, count: number): void {
    const { length } = this.blocks;
    if (first + count <= length) return;
    throw new Problem('E_MALFORMED', `A page names block ${first + count - 1} of a disk of ${length} blocks.`);
  }

  /** A block is found as it is named. */
  found(block: number, how: How): void {
    if (this.blocks.how(block) === undefined) this.blocks.settle(block, how);
  }

  /** Reads blocks, given in rising order, and compares them; returns the indexes of those that differ. */
  async check(blocks: readonly number[], digests: Uint8Array): Promise<number[]> {
    const { size, blockSize, algorithm } = this.shape;
    const most = pageBytes / blockSize;
    const checks = partsOf(blocks, most).map(async (some, part) => {
      const ranges = runsOf(some).map(
        ([from, to]) => [from * blockSize, Math.min(size, to * blockSize) - from * blockSize] as const,
      );
      const theirs = digests.subarray(part * most * digestBytes, (part * most + some.length) * digestBytes);
      const task = { file: this.file, ranges, digests: theirs, blockSize, algorithm };
      const bad = await this.tools.crew.run('check', task, { turn: this });
      return bad.map((index) => part * most + index);
    });
    return (await Promise.all(checks)).flat();
  }

  /** Notes that blocks are in the file as they are named. */
  async settle(first: number, digests: Uint8Array, places: readonly number[], how: How): Promise<void> {
    for (const [from, to] of runsOf(places)) {
      const some = digests.subarray(from * digestBytes, to * digestBytes);
      await this.#digests.write(first + from, some);
      for (let place = from; place < to; place += 1) this.blocks.settle(first + place, how);
      this.flushes.note(first + from, to - from, how);
      this.tools.donors.learn(this, first + from, some);
    }
  }

  async #hole(first: number, count: number): Promise<void> {
    let blank = 0;
    const zeros: number[] = [];
    for (let block = first; block < first + count; block += 1) {
      if (this.blocks.isBlank(block)) blank += 1;
      else zeros.push(block);
    }
    if (blank === count) {
      this.blocks.settleBlank(first, count);
      this.flushes.note(first, count, 'zero');
      return;
    }
    for (let block = first; block < first + count; block += 1) if (this.blocks.isBlank(block)) this.found(block, 'zero');
    const digests = await this.#digests.read(first, count);
    const isThere = (block: number): boolean => this.blocks.isKnown(block) && isZeroAt(digests, block - first);
    for (const block of zeros.filter(isThere)) this.found(block, 'zero');
    const others = zeros.filter((block) => !isThere(block));
    await this.distrust(others);
    await this.makeZeros(others);
  }

  /** Makes blocks zeros whose marks are taken back already. */
  async makeZeros(blocks: readonly number[]): Promise<void> {
    const { size, blockSize } = this.shape;
    const runs = runsOf(blocks);
    if (runs.length === 0) return;
    const ranges = runs.map(([from, to]) => [from * blockSize, Math.min(size, to * blockSize) - from * blockSize] as const);
    await this.tools.crew.run('punch', { path: this.path, fd: this.fd, ranges }, { turn: this });
    for (const [from, to] of runs) {
      await this.#digests.write(from, Buffer.alloc((to - from) * digestBytes));
      for (let block = from; block < to; block += 1) this.blocks.settle(block, 'zero');
      this.flushes.note(from, to - from, 'zero');
    }
  }

  /** Pulls a block again that our own disk did not keep. */
  async #mend(block: number, puller: Puller): Promise<void> {
    const how = this.blocks.how(block) ?? 'reused';
    const digest = await this.#digests.read(block, 1);
    this.wrong(block);
    await this.distrust([block]);
    if (isZeroAt(digest, 0)) return this.makeZeros([block]);
    const { size, blockSize } = this.shape;
    await Promise.all(puller.fetch([{ block, digest, ...extentOf(block, size, blockSize) }]));
    await this.settle(block, digest, [0], how === 'zero' ? 'pulled' : how);
  }
}

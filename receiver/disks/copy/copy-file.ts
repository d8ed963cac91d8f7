import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { openDirect } from '../../../shared/disk/direct.ts';
import { giveBack } from '../../../shared/disk/give-back.ts';
import type { ByteRange, OpenFile } from '../../../shared/disk/reading.ts';
import type { WorkerPool } from '../../../shared/disk/worker-pool.ts';
import { makeFolder, syncFolder } from '../../../shared/durable.ts';
import { digestBytes, pageBytes, Root } from '../../../shared/model/disk.ts';
import type { Donor } from '../dedup/donor.ts';
import type { Target } from '../pull/puller.ts';
import type { Budget } from '../store/budget.ts';
import { DigestFile, type Shape } from '../store/digest-file.ts';
import { partsOf, runsOf } from '../store/digests.ts';
import { InUse } from '../store/in-use.ts';
import { BlockStates } from './blocks.ts';

/** The open files of a copy. `direct`: the same file past the page cache, where supported. */
export interface CopyHandles {
  readonly file: FileHandle;
  readonly direct: FileHandle | null;
  readonly digests: DigestFile;
}

/** What the file of a copy is made with. `isFresh`: it was empty when it was opened. */
interface CopyFileTools {
  readonly isFresh: boolean;
  readonly workers: WorkerPool;
  readonly memory: Budget;
}

/** Blocks whose marks are read before other work has its turn. */
const markBlocks = 256 * 1024;

/** Digests that are read at once when the root is computed. */
const rootBlocks = 32 * 1024;

/** Bytes in one of a file's `blocks`, whatever the file system's own are (stat(2), st_blocks). */
const bytesPerStatBlock = 512;

/** The file of a copy, its digest file, and the state of every block; a donor for other disks. */
export class CopyFile implements Donor {
  readonly shape: Shape;
  readonly blocks: BlockStates;
  readonly inUse = new InUse();
  readonly workers: WorkerPool;
  /** Whether the disk is sealed: it is complete and does not change. */
  whole = false;
  /** Whether it is being closed, so that nobody begins to read it any more. */
  isClosing = false;
  readonly #handles: CopyHandles;
  #path: string;

  private constructor(path: string, shape: Shape, handles: CopyHandles, { isFresh, workers, memory }: CopyFileTools) {
    this.#path = path;
    this.shape = shape;
    this.#handles = handles;
    this.workers = workers;
    this.blocks = new BlockStates(handles.digests.blocks, isFresh, memory);
  }

  /** The copy of open files, with the blocks known that are marked. Throws E_BUSY. */
  static async of(path: string, shape: Shape, handles: CopyHandles, tools: CopyFileTools): Promise<CopyFile> {
    const file = new CopyFile(path, shape, handles, tools);
    try {
      for (let first = 0; first < file.blocks.length; first += markBlocks) {
        const end = Math.min(file.blocks.length, first + markBlocks);
        for (const [from, to] of handles.digests.marked(first, end)) file.blocks.remember(from, to - from);
        await setImmediate();
      }
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get path(): string {
    return this.#path;
  }

  get fd(): number {
    return this.#handles.file.fd;
  }

  /** How worker threads write and read the file. */
  get file(): OpenFile {
    return { fd: this.fd, direct: this.#handles.direct?.fd };
  }

  /** Where blocks are pulled to. */
  get target(): Target {
    return { path: this.path, file: this.file, algorithm: this.shape.algorithm, turn: this, workers: this.workers };
  }

  /** The digests in the digest file of some blocks, in order. */
  digests(first: number, count: number): Promise<Buffer> {
    return this.#handles.digests.read(first, count);
  }

  /** Writes the digests of blocks whose bytes are written. */
  writeDigests(first: number, digests: Uint8Array): Promise<void> {
    return this.#handles.digests.write(first, digests);
  }

  holds(block: number): boolean {
    return this.blocks.isKnown(block);
  }

  /**
   * Whether all of a stretch was never written: it is holes, in the file and in the digest file.
   */
  isBlank(first: number, count: number): boolean {
    for (const { isBlank } of this.blocks.alike(first, count)) if (!isBlank) return false;
    return true;
  }

  /** Bytes that the file uses on disk, without its holes. */
  async storedBytes(): Promise<number> {
    const { blocks } = await this.#handles.file.stat();
    return blocks * bytesPerStatBlock;
  }

  /** Reads blocks, in rising order, and compares them; returns the indexes of those that differ. */
  async check(blocks: readonly number[], digests: Uint8Array): Promise<number[]> {
    const { blockSize, algorithm } = this.shape;
    const most = pageBytes / blockSize;
    const checks = partsOf(blocks, most).map(async (some, part) => {
      const from = part * most;
      const theirs = digests.subarray(from * digestBytes, (from + some.length) * digestBytes);
      const task = { file: this.file, ranges: this.#rangesOf(some), digests: theirs, blockSize, algorithm };
      const bad = await this.workers.run('check', task, { turn: this });
      return bad.map((index) => from + index);
    });
    return (await Promise.all(checks)).flat();
  }

  /** Makes blocks, in rising order, zeros; their marks MUST be taken back already. */
  async punch(blocks: readonly number[]): Promise<void> {
    const task = { path: this.path, fd: this.fd, ranges: this.#rangesOf(blocks) };
    await this.workers.run('punch', task, { turn: this });
  }

  /** Forgets blocks that turned out to hold other bytes, and removes their marks. */
  async distrust(blocks: readonly number[]): Promise<void> {
    for (const block of blocks) this.blocks.forget(block);
    await this.#handles.digests.unmark(blocks);
  }

  /** The root of the digests in the digest file. */
  async root(): Promise<string> {
    const { size, blockSize, algorithm } = this.shape;
    const root = new Root(size, blockSize, algorithm);
    for (let first = 0; first < this.blocks.length; first += rootBlocks) {
      const count = Math.min(rootBlocks, this.blocks.length - first);
      if (this.isBlank(first, count)) {
        await root.addZeros(count);
        continue;
      }
      const digests = await this.digests(first, count);
      root.add(digests);
      giveBack(digests);
    }
    return root.value();
  }

  /** Gives the file another name, in the same folder. */
  async rename(path: string): Promise<void> {
    await rename(this.#path, path);
    this.#path = path;
    await syncFolder(dirname(path));
  }

  /** Closes the files; no work may be under way on them. */
  async close(): Promise<void> {
    const { digests, direct, file } = this.#handles;
    this.blocks.close();
    await digests.close();
    await direct?.close();
    await file.close();
  }

  #rangesOf(blocks: readonly number[]): ByteRange[] {
    const { size, blockSize } = this.shape;
    return runsOf(blocks).map(([from, to]): ByteRange => {
      const offset = from * blockSize;
      return [offset, Math.min(size, to * blockSize) - offset];
    });
  }
}

/**
 * Opens the file of a copy and its digests under `base`, and keeps what an earlier copy left.
 * Returns whether the file was empty.
 */
export async function openHandles(
  path: string,
  base: string,
  shape: Shape,
  directIo: boolean,
): Promise<{ handles: CopyHandles; isFresh: boolean }> {
  await makeFolder(dirname(path));
  await (await open(path, 'a', 0o600)).close();
  const file = await open(path, 'r+');
  let digests: DigestFile | null = null;
  try {
    const { size: had } = await file.stat();
    // Digests without their disk are useless, and must not be there when it has its length.
    if (had === 0) {
      await DigestFile.remove(base);
      await syncFolder(dirname(path));
    }
    // Marks for another length go before the bytes that they stand for.
    digests = await DigestFile.open(base, shape);
    if (had !== shape.size) await file.truncate(shape.size);
    await syncFolder(dirname(path));
    const direct = directIo ? await openDirect(path, 'r+') : null;
    return { handles: { file, direct, digests }, isFresh: had === 0 };
  } catch (error) {
    await digests?.close();
    await file.close();
    throw error;
  }
}

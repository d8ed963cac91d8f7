import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlockSource } from '../../shared/cloud/cloud.ts';
import { openFile } from '../../shared/disk/file.ts';
import { syncFolder } from '../../shared/durable.ts';
import { writeMarker } from '../../shared/model/marker.ts';
import { Problem } from '../../shared/problem.ts';
import { Copy, type CopyCounts, type Pull } from './copy.ts';
import { proven } from './proven.ts';

/** What a sealed disk is known by; its marker holds the same. */
export interface Sealed extends CopyCounts {
  readonly root: string;
  readonly size: number;
  readonly block_size: number;
}

/** The copies of one campaign's disks. An unfinished copy is `disks/<server>/<disk>.part`, a sealed one `….raw`, with a marker that names its root. */
export class Disks {
  readonly #campaign: string;
  readonly #folder: string;
  readonly #open = new Map<string, Copy>();
  /** The latest of the works on each disk: they take turns, for a connection that broke may still be sealing what the next one offers. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(campaign: string, folder: string) {
    this.#campaign = campaign;
    this.#folder = folder;
  }

  /** The copy to fill, with what an earlier one left; a sealed disk that is offered again is compared again. */
  offer(server: string, disk: string, size: number, blockSize: number): Promise<Copy> {
    return this.#inTurn(disk, () => this.#offer(server, disk, size, blockSize));
  }

  async #offer(server: string, disk: string, size: number, blockSize: number): Promise<Copy> {
    const open = this.#open.get(disk);
    if (open !== undefined && open.size === size && open.blockSize === blockSize) return open;
    if (open !== undefined) await this.#shut(disk);
    const part = this.#path(server, disk, 'part');
    // The marker goes first, and durably: it must never stand for bytes that may still change.
    await this.#unmark(server, disk);
    // A sealed copy whose disk is offered anew (a second attempt took a new snapshot) is the best start there is.
    await rename(this.#path(server, disk, 'raw'), part).catch(ignoreAbsent);
    const copy = await Copy.open(part, size, blockSize);
    this.#open.set(disk, copy);
    return copy;
  }

  /** What a disk was sealed with, or null. */
  async sealed(server: string, disk: string): Promise<Sealed | null> {
    const text = await readFile(this.#markerPath(server, disk), 'utf8').catch(ignoreAbsent);
    if (text === undefined) return null;
    const { digest, counts } = JSON.parse(text) as { digest: string; counts: Sealed };
    return { ...counts, root: digest };
  }

  /** Compares a copy with its root, makes it final and writes its marker. */
  seal(server: string, disk: string, root: string, pull: Pull, signal: AbortSignal): Promise<Sealed> {
    return this.#inTurn(disk, () => this.#seal(server, disk, root, pull, signal));
  }

  async #seal(server: string, disk: string, root: string, pull: Pull, signal: AbortSignal): Promise<Sealed> {
    const copy = this.#open.get(disk);
    if (copy === undefined) {
      const done = await this.sealed(server, disk);
      if (done?.root === root) return done;
      throw new Problem('E_NOT_FOUND', `Disk ${disk} was not offered.`, { about: `disk/${disk}` });
    }
    const counts = await copy.seal(root, pull, signal);
    const { size, blockSize: block_size } = copy;
    await this.#shut(disk);
    await rename(this.#path(server, disk, 'part'), this.#path(server, disk, 'raw'));
    await syncFolder(join(this.#folder, 'disks', server));
    const { root: _, ...numbers } = counts;
    const at = new Date().toISOString();
    await writeMarker(this.#folder, [server, `${disk}.completed`], {
      campaign: this.#campaign,
      at,
      digest: root,
      counts: { ...numbers, size, block_size },
    });
    return { ...counts, size, block_size };
  }

  /**
   * Opens a sealed disk for its import; its bytes prove themselves once more while they are read.
   * Throws E_CAMPAIGN_STATE for one that is not sealed: an unverified copy can never become an image.
   */
  async open(server: string, disk: string): Promise<BlockSource> {
    const { root, block_size } = await this.#mustBeSealed(server, disk);
    const path = this.#path(server, disk, 'raw');
    return proven(await openFile(path), root, block_size, path);
  }

  async #mustBeSealed(server: string, disk: string): Promise<Sealed> {
    const sealed = await this.sealed(server, disk);
    if (sealed === null) {
      throw new Problem('E_CAMPAIGN_STATE', `Disk ${disk} is not verified; it cannot become an image.`, {
        about: `disk/${disk}`,
      });
    }
    return sealed;
  }

  /** Deletes a copy, sealed or not. */
  discard(server: string, disk: string): Promise<void> {
    return this.#inTurn(disk, async () => {
      await this.#shut(disk);
      await this.#unmark(server, disk);
      await rm(this.#path(server, disk, 'part'), { force: true });
      await rm(this.#path(server, disk, 'raw'), { force: true });
    });
  }

  /** Deletes every copy; returns the bytes they took on disk. The disks' markers stay: they tell what was verified. */
  async discardAll(): Promise<number> {
    await this.close();
    const folder = join(this.#folder, 'disks');
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    let bytes = 0;
    for (const name of names) bytes += ((await stat(join(folder, name)).catch(() => null))?.blocks ?? 0) * 512;
    await rm(folder, { recursive: true, force: true });
    return bytes;
  }

  /** What is being copied now. */
  copies(): { id: string; size: number; durable: number }[] {
    return [...this.#open].map(([id, copy]) => ({
      id,
      size: copy.size,
      durable: Math.min(copy.size, copy.durableBlocks * copy.blockSize),
    }));
  }

  async close(): Promise<void> {
    for (const disk of [...this.#open.keys()]) await this.#shut(disk);
  }

  #inTurn<T>(disk: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(disk) ?? Promise.resolve();
    const mine = before.then(work);
    this.#turns.set(
      disk,
      mine.catch(() => undefined),
    );
    return mine;
  }

  async #unmark(server: string, disk: string): Promise<void> {
    const marker = this.#markerPath(server, disk);
    await rm(marker, { force: true });
    await syncFolder(dirname(marker)).catch(ignoreAbsent);
  }

  async #shut(disk: string): Promise<void> {
    const copy = this.#open.get(disk);
    this.#open.delete(disk);
    await copy?.close();
  }

  #path(server: string, disk: string, state: 'part' | 'raw'): string {
    return join(this.#folder, 'disks', server, `${disk}.${state}`);
  }

  #markerPath(server: string, disk: string): string {
    return join(this.#folder, 'markers', server, `${disk}.completed`);
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

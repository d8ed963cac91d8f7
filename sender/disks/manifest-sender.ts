import { setImmediate as breathe } from 'node:timers/promises';
import { type Algorithm, blockBytes, isZero, Root } from '../../shared/model/disk.ts';
import type { Page, PageCache } from './page-cache.ts';

/** How a disk is told to the receiver; each resolves when what it names is in the copy. */
export interface Said {
  page(first: number, digests: Uint8Array): Promise<unknown>;
  hole(first: number, blocks: number): Promise<unknown>;
}

/**
 * Zeros are told when so many blocks of them came together, or bytes follow: a GiB, so that
 * progress shows.
 */
const holeBlocks = 16_384;

/** Zeros are added to a root so many at a time: 1 ms for the event loop. */
const rootBlocks = 32_768;

/**
 * Tells one disk in its order: pages by their digests, zeros by the stretch, and their root at the
 * end.
 */
export class ManifestSender {
  readonly #said: Said;
  readonly #pages: PageCache;
  readonly #size: number;
  readonly #root: Root;
  readonly #onTold: (bytes: number) => void;
  readonly #onFailed: (reason: unknown) => void;
  readonly #open = new Set<Promise<void>>();
  #hole = { first: 0, blocks: 0 };

  /** `onTold` hears of bytes that the copy has; `onFailed` of what cannot be told. */
  constructor(
    said: Said,
    pages: PageCache,
    disk: { readonly size: number; readonly algorithm: Algorithm },
    on: { readonly told: (bytes: number) => void; readonly failed: (reason: unknown) => void },
  ) {
    this.#said = said;
    this.#pages = pages;
    this.#size = disk.size;
    this.#root = new Root(disk.size, blockBytes, disk.algorithm);
    this.#onTold = on.told;
    this.#onFailed = on.failed;
  }

  /** Tells a page once it is read. */
  async page(page: Page): Promise<void> {
    const digests = await page.digests;
    if (isZero(digests)) {
      this.#pages.drop(page);
      return this.hole(page.first, page.blocks);
    }
    this.#flush();
    this.#root.add(digests);
    this.#pages.offer(page, digests);
    this.#say(this.#said.page(page.first, digests), page, () => this.#pages.drop(page));
  }

  /** Tells zeros, together with those before and behind them. */
  async hole(first: number, blocks: number): Promise<void> {
    for (let left = blocks; left > 0; left -= rootBlocks) {
      this.#root.addZeros(Math.min(left, rootBlocks));
      if (left > rootBlocks) await breathe();
    }
    const joined = this.#hole.blocks > 0;
    this.#hole = { first: joined ? this.#hole.first : first, blocks: this.#hole.blocks + blocks };
    if (this.#hole.blocks >= holeBlocks) this.#flush();
  }

  /** Waits until the receiver has all that was told, and returns the root. */
  async end(): Promise<string> {
    this.#flush();
    await Promise.all(this.#open);
    return this.#root.value();
  }

  #flush(): void {
    const { first, blocks } = this.#hole;
    this.#hole = { first: 0, blocks: 0 };
    if (blocks > 0) this.#say(this.#said.hole(first, blocks), { first, blocks });
  }

  #say(said: Promise<unknown>, { first, blocks }: { first: number; blocks: number }, done?: () => void): void {
    const bytes = Math.min(this.#size, (first + blocks) * blockBytes) - first * blockBytes;
    const told = said.then(() => {
      done?.();
      this.#onTold(bytes);
      this.#open.delete(told);
    });
    told.catch(this.#onFailed);
    this.#open.add(told);
  }
}

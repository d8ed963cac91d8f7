import { type Algorithm, blockBytes, isZero, Root } from '../../shared/model/disk.ts';
import type { CachedPage, PageCache } from './page-cache.ts';

/** The requests of a manifest; each resolves when what it names is in the copy. */
export interface ManifestRequests {
  page(first: number, digests: Uint8Array): Promise<unknown>;
  hole(first: number, blocks: number): Promise<unknown>;
}

/** Zeros are sent when so many blocks of them came together, a GiB, so that progress shows. */
const holeBlocks = 16_384;

/** Sends the manifest of one disk in order: pages by their digests, and stretches of zeros. */
export class ManifestSender {
  readonly #requests: ManifestRequests;
  readonly #pages: PageCache;
  readonly #size: number;
  readonly #root: Root;
  readonly #onDone: (bytes: number) => void;
  readonly #onFailed: (reason: unknown) => void;
  readonly #open = new Set<Promise<void>>();
  #hole = { first: 0, blocks: 0 };

  /** `on.done` gets the bytes that the copy has now; `on.failed` why a request failed. */
  constructor(
    requests: ManifestRequests,
    pages: PageCache,
    disk: { readonly size: number; readonly algorithm: Algorithm },
    on: { readonly done: (bytes: number) => void; readonly failed: (reason: unknown) => void },
  ) {
    this.#requests = requests;
    this.#pages = pages;
    this.#size = disk.size;
    this.#root = new Root(disk.size, blockBytes, disk.algorithm);
    this.#onDone = on.done;
    this.#onFailed = on.failed;
  }

  /** Sends a page once it is read. */
  async page(page: CachedPage): Promise<void> {
    const digests = await page.digests;
    if (isZero(digests)) {
      this.#pages.drop(page);
      return this.hole(page.first, page.blocks);
    }
    this.#flush();
    this.#root.add(digests);
    this.#pages.offer(page, digests);
    this.#track(this.#requests.page(page.first, digests), page, () => this.#pages.drop(page));
  }

  /** Sends zeros, together with those before and behind them. */
  async hole(first: number, blocks: number): Promise<void> {
    await this.#root.addZeros(blocks);
    const joined = this.#hole.blocks > 0;
    this.#hole = { first: joined ? this.#hole.first : first, blocks: this.#hole.blocks + blocks };
    if (this.#hole.blocks >= holeBlocks) this.#flush();
  }

  /** Waits until the copy has all that was sent, and returns the root. */
  async end(): Promise<string> {
    this.#flush();
    await Promise.all(this.#open);
    return this.#root.value();
  }

  #flush(): void {
    const { first, blocks } = this.#hole;
    this.#hole = { first: 0, blocks: 0 };
    if (blocks > 0) this.#track(this.#requests.hole(first, blocks), { first, blocks });
  }

  #track(request: Promise<unknown>, { first, blocks }: { first: number; blocks: number }, done?: () => void): void {
    const bytes = Math.min(this.#size, (first + blocks) * blockBytes) - first * blockBytes;
    const answered = request.then(() => {
      done?.();
      this.#onDone(bytes);
      this.#open.delete(answered);
    });
    answered.catch(this.#onFailed);
    this.#open.add(answered);
  }
}

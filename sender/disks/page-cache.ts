import type { PageBuffer } from '../../shared/disk/buffer-pool.ts';
import type { ByteRange, DiskPart } from '../../shared/disk/reading.ts';
import type { WorkerPool } from '../../shared/disk/worker-pool.ts';
import { type Algorithm, blockBytes, blockCount, pageBlocks, pageBytes } from '../../shared/model/disk.ts';
import { Problem } from '../../shared/problem.ts';
import { PageDigests } from './page-digests.ts';
import type { Reader } from './reader.ts';
import { pageOf, type Stretch } from './stretches.ts';

/** One page in memory, from before it is read until nobody needs it. */
export interface CachedPage extends Stretch {
  readonly buffer: PageBuffer;
  /** The digests of its blocks, 32 bytes each, once it is read. */
  readonly digests: Promise<Uint8Array>;
  /** Users of the buffer: the offer itself, and every answer that is made from it. */
  users: number;
}

/** How much a line has on its way: its rate, bytes per second, and its round trip, milliseconds. */
export interface PageLine {
  readonly bytesPerSecond: number;
  readonly rttMs: number | undefined;
}

/** What is needed to hold pages. */
export interface PagesOptions {
  readonly reader: Reader;
  readonly workers: WorkerPool;
  readonly turn: object;
  readonly algorithm: Algorithm;
  /** The line that the pages are sent over. */
  readonly line: () => PageLine;
  readonly signal: AbortSignal;
}

/**
 * A page is held for two round trips, and for two more where something of it is lost: a long fast
 * line may hold so many pages more than the usual ones as it carries meanwhile, up to a bound.
 */
const heldTrips = 4;
const mostBeyond = 12;

/**
 * The pages of an offered disk. A page is held from its reading until the receiver has it; one
 * that is asked for later is read again, and sent only if its digests are still the same.
 */
export class PageCache {
  readonly #options: PagesOptions;
  readonly #pageDigests: PageDigests;
  readonly #open = new Set<CachedPage>();
  /** Pages that were sent and not yet answered, by their number. */
  readonly #sent = new Map<number, CachedPage>();

  constructor(options: PagesOptions) {
    this.#options = options;
    this.#pageDigests = new PageDigests(options.reader.size);
  }

  /**
   * Begins to read a page as soon as there is memory for it. MUST be followed by `drop`, unless
   * the pages are closed.
   */
  async open(stretch: Stretch): Promise<CachedPage> {
    const { reader, workers, turn, algorithm, line, signal } = this.#options;
    const buffer = await workers.buffer(turn, signal, pagesBeyond(line()));
    const digests = reader.read(stretch.first, stretch.blocks, buffer, algorithm);
    // Awaited in the order of the disk; until then a failure must not count as unhandled.
    digests.catch(() => undefined);
    const page: CachedPage = { ...stretch, buffer, digests, users: 1 };
    this.#open.add(page);
    return page;
  }

  /** Makes a page answerable: it is going to be sent as `digests`. */
  offer(page: CachedPage, digests: Uint8Array): void {
    this.#pageDigests.keep(page.first, digests);
    this.#sent.set(pageOf(page.first), page);
  }

  /** Lets go of a page. */
  drop(page: CachedPage): void {
    if (this.#sent.get(pageOf(page.first)) === page) this.#sent.delete(pageOf(page.first));
    this.#leave(page);
  }

  /**
   * Does `work` with the bytes of ranges, wherever they are. Throws E_MALFORMED for a page that
   * was not sent, E_DISK_CHANGED for one that has changed since.
   */
  async use<T>(ranges: readonly ByteRange[], work: (parts: readonly DiskPart[]) => Promise<T>): Promise<T> {
    const held: CachedPage[] = [];
    try {
      const parts: DiskPart[] = [];
      for (const [page, own] of byPage(ranges)) {
        const sent = this.#sent.get(page);
        if (sent === undefined) parts.push({ from: await this.#readAgain(page, own), ranges: own });
        else {
          sent.users += 1;
          held.push(sent);
          parts.push({ from: { buffer: sent.buffer.memory, base: sent.first * blockBytes }, ranges: own });
        }
      }
      return await work(parts);
    } finally {
      for (const page of held) this.#leave(page);
    }
  }

  /** Bytes of one page, as long as it is held anyway; null otherwise. `release` MUST follow. */
  hold([offset, length]: ByteRange): { readonly bytes: Uint8Array; release(): void } | null {
    const page = this.#sent.get(Math.floor(offset / pageBytes));
    const at = offset - (page?.first ?? 0) * blockBytes;
    if (page === undefined || at < 0 || at + length > page.blocks * blockBytes) return null;
    page.users += 1;
    return { bytes: new Uint8Array(page.buffer.memory, at, length), release: () => this.#leave(page) };
  }

  /** Gives all memory back, once nobody reads into it any more. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#open].map(({ digests }) => digests));
    this.#sent.clear();
    for (const page of [...this.#open]) {
      page.users = 1;
      this.#leave(page);
    }
  }

  #leave(page: CachedPage): void {
    page.users -= 1;
    if (page.users > 0 || !this.#open.delete(page)) return;
    page.buffer.release();
  }

  /**
   * Reads a whole page, proves it and keeps what is asked for. Holds one buffer at most, so that
   * no two of them wait for each other.
   */
  async #readAgain(page: number, ranges: readonly ByteRange[]): Promise<{ bytes: Uint8Array; base: number }> {
    const { reader, workers, turn, algorithm, line, signal } = this.#options;
    const first = page * pageBlocks;
    if (!this.#pageDigests.has(page)) throw new Problem('E_MALFORMED', `Block ${first} and those behind it were not named yet.`);
    const buffer = await workers.buffer(turn, signal, pagesBeyond(line()));
    try {
      const blocks = Math.min(pageBlocks, blockCount(reader.size) - first);
      const digests = await reader.read(first, blocks, buffer, algorithm);
      if (!this.#pageDigests.agrees(first, digests))
        throw new Problem('E_DISK_CHANGED', `The disk has other bytes in blocks ${first} to ${first + blocks - 1} than it had.`);
      const from = Math.min(...ranges.map(([offset]) => offset));
      const to = Math.max(...ranges.map(([offset, length]) => offset + length));
      const base = first * blockBytes;
      return { bytes: new Uint8Array(buffer.memory, from - base, to - from).slice(), base: from };
    } finally {
      buffer.release();
    }
  }
}

/** How many pages more than the usual ones a line may have on its way. */
export function pagesBeyond({ bytesPerSecond, rttMs = 0 }: PageLine): number {
  return Math.min(mostBeyond, Math.floor((bytesPerSecond * heldTrips * rttMs) / 1000 / pageBytes));
}

/**
 * Ranges cut where one page ends and the next begins, those of a page together, in the order they
 * are asked for.
 */
function byPage(ranges: readonly ByteRange[]): (readonly [page: number, ranges: ByteRange[]])[] {
  const pages: (readonly [number, ByteRange[]])[] = [];
  for (const [offset, length] of ranges) {
    for (let at = offset; at < offset + length; ) {
      const page = Math.floor(at / pageBytes);
      const end = Math.min(offset + length, (page + 1) * pageBytes);
      const last = pages.at(-1);
      if (last !== undefined && last[0] === page) last[1].push([at, end - at]);
      else pages.push([page, [[at, end - at]]]);
      at = end;
    }
  }
  return pages;
}

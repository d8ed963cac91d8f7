import { inParallel } from '../../../shared/concurrency/parallel.ts';
import { pageBytes } from '../../../shared/model/disk.ts';
import { partsOf, runsOf } from '../store/digests.ts';
import type { CopyFile } from './copy-file.ts';

/**
 * Blocks that were written before a flush, in rising order; `stops`: how often the read-back had
 * been stopped when they were taken.
 */
interface Written {
  readonly blocks: readonly number[];
  readonly stops: number;
}

/**
 * Reads flushed blocks again while the disk is still arriving, so that the seal reads only the last
 * ones. The seal repairs a wrong block.
 */
export class ReadBack {
  readonly #file: CopyFile;
  readonly #written = new Set<number>();
  /** Blocks that are being read and were not written again since. */
  readonly #reading = new Set<number>();
  #running: Promise<void> = Promise.resolve();
  #stops = 0;

  constructor(file: CopyFile) {
    this.#file = file;
  }

  /** Notes blocks that were just written. */
  note(first: number, count: number): void {
    for (let block = first; block < first + count; block += 1) {
      this.#written.add(block);
      this.#reading.delete(block);
    }
  }

  /** Takes the blocks noted so far; MUST be called before the flush. */
  take(): Written {
    const blocks = [...this.#written].sort((a, b) => a - b);
    this.#written.clear();
    return { blocks, stops: this.#stops };
  }

  /**
   * Reads blocks after those of earlier calls, unless it was stopped since they were taken. Throws
   * the error of a read.
   */
  run({ blocks, stops }: Written): Promise<void> {
    const reading = this.#running.then(() => this.#read(blocks, () => this.#stops > stops));
    this.#running = reading.catch(() => undefined);
    return reading;
  }

  /** Stops after the pages that are being read. */
  stop(): Promise<void> {
    this.#stops += 1;
    this.#written.clear();
    return this.#running;
  }

  async #read(blocks: readonly number[], isOver: () => boolean): Promise<void> {
    const { shape, workers } = this.#file;
    const pages = partsOf(blocks, Math.max(1, pageBytes / shape.blockSize));
    // As many reads as threads: a read that waits for the disk blocks only itself.
    await inParallel(pages, workers.size, async (page) => {
      if (!isOver()) await this.#page(page);
    });
  }

  async #page(page: readonly number[]): Promise<void> {
    const file = this.#file;
    for (const block of page) this.#reading.add(block);
    const digests = await Promise.all(runsOf(page).map(([from, to]) => file.digests(from, to - from)));
    const wrong = new Set(await file.check(page, Buffer.concat(digests)));
    for (const [place, block] of page.entries()) {
      const isAsRead = this.#reading.delete(block) && file.holds(block);
      if (isAsRead && !wrong.has(place)) file.blocks.verify(block);
    }
  }
}

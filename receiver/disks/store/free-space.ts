import { freeBytes } from '../../../shared/disk/free.ts';
import { Problem } from '../../../shared/problem.ts';

/** Bytes of the file system that copies never use, so that ledger and markers can be written. */
const reserveBytes = 64 * 1024 * 1024;

/** Bytes that may be granted between two checks of the free space. */
const checkBytes = 32 * 1024 * 1024;

/**
 * The free space that all copies of a receiver share. They stop before it is used up, so that the
 * receiver itself can continue.
 */
export class FreeSpace {
  readonly #folder: string;
  #unchecked = checkBytes;
  /** Granted, and not yet written. */
  #granted = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Runs `work`, which writes so many bytes. Throws E_DISK_FULL where they do not fit. */
  async write<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    this.#granted += bytes;
    this.#unchecked += bytes;
    try {
      if (this.#unchecked >= checkBytes) {
        await this.mustHave(0);
        this.#unchecked = 0;
      }
      return await work();
    } finally {
      this.#granted -= bytes;
    }
  }

  /** Throws E_DISK_FULL where so many bytes do not fit beside those already granted. */
  async mustHave(bytes: number): Promise<void> {
    const free = await freeBytes(this.#folder);
    const needed = bytes + this.#granted;
    if (free >= needed + reserveBytes) return;
    const says = `${this.#folder} has ${free} bytes free; ${needed} are needed, and ${reserveBytes} are kept for the ledger.`;
    throw new Problem('E_DISK_FULL', says, { about: this.#folder });
  }
}

import { freeBytes } from '../../../shared/disk/free.ts';
import { Problem } from '../../../shared/problem.ts';

/** What is always left free on the file system: the ledger and the markers must find room. */
const reserveBytes = 64 * 1024 * 1024;

/** How much may be granted between two looks at the free space. */
const lookBytes = 32 * 1024 * 1024;

/**
 * The room that all copies of a receiver have to grow: they stop before the last of it is taken, so
 * that everything else goes on.
 */
export class Room {
  readonly #folder: string;
  #unlooked = lookBytes;
  /** Granted, and not yet written. */
  #coming = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Runs a work that writes so many bytes. Throws E_DISK_FULL where they have no room. */
  async write<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    this.#coming += bytes;
    this.#unlooked += bytes;
    try {
      if (this.#unlooked >= lookBytes) {
        await this.mustHave(0);
        this.#unlooked = 0;
      }
      return await work();
    } finally {
      this.#coming -= bytes;
    }
  }

  /** Throws E_DISK_FULL where so many bytes have no room beside those that are coming already. */
  async mustHave(bytes: number): Promise<void> {
    const free = await freeBytes(this.#folder);
    const needed = bytes + this.#coming;
    if (free >= needed + reserveBytes) return;
    const says = `${this.#folder} has ${free} bytes free; ${needed} are needed, and ${reserveBytes} are kept for the ledger.`;
    throw new Problem('E_DISK_FULL', says, { about: this.#folder });
  }
}

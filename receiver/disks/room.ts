import { dirname } from 'node:path';
import { freeBytes } from '../../shared/disk/free.ts';
import { Problem } from '../../shared/problem.ts';

/** What is always left free on the file system: the ledger and the markers must find room. */
const reserveBytes = 64 * 1024 * 1024;

/** How much may be written between two looks at the free space. */
const lookBytes = 32 * 1024 * 1024;

/** The room that a copy has to grow: it stops before the last of it is taken, so that everything else goes on. */
export class Room {
  readonly #path: string;
  #unlooked = lookBytes;

  constructor(path: string) {
    this.#path = path;
  }

  /** Tells that so many bytes are about to be written. Throws E_DISK_FULL. */
  async mayWrite(bytes: number): Promise<void> {
    this.#unlooked += bytes;
    if (this.#unlooked < lookBytes) return;
    await this.mustHave(bytes);
    this.#unlooked = 0;
  }

  /** Throws E_DISK_FULL where so many bytes have no room. */
  async mustHave(bytes: number): Promise<void> {
    const folder = dirname(this.#path);
    const free = await freeBytes(folder);
    if (free >= bytes + reserveBytes) return;
    const says = `${folder} has ${free} bytes free; ${bytes} are needed, and ${reserveBytes} are kept for the ledger.`;
    throw new Problem('E_DISK_FULL', says, { about: this.#path });
  }
}

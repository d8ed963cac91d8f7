import { open } from 'node:fs/promises';
import { digestBytes } from '../../../shared/model/disk.ts';
import type { Shape } from '../store/digest-file.ts';
import { InUse } from '../store/in-use.ts';

/** A disk of ours from which blocks with the same digest are copied to other disks. */
export interface Donor {
  readonly path: string;
  readonly shape: Shape;
  /** A file descriptor to read it by, which stays open as long as the donor is one. */
  readonly fd: number;
  /** The digests of some of its blocks, one behind the other. */
  digests(first: number, count: number): Promise<Uint8Array>;
  /** Whether all of it is there, and stays as it is. */
  readonly whole: boolean;
  /** Counts what reads it; its files MUST NOT be closed before that has ended. */
  readonly inUse: InUse;
  /** Whether the file holds what its digest says, as far as anybody knows. */
  holds(block: number): boolean;
}

/** A donor of its own files, which MUST be closed after it was removed. */
export interface FileDonor extends Donor {
  close(): Promise<void>;
}

/**
 * Opens a whole disk in a file as a donor; `base.digests` holds its digests. Closing it waits for
 * what reads it.
 */
export async function openDonor(file: string, base: string, shape: Shape): Promise<FileDonor> {
  const data = await open(file, 'r');
  try {
    const digests = await open(`${base}.digests`, 'r');
    const inUse = new InUse();
    return {
      path: file,
      shape,
      fd: data.fd,
      digests: async (first, count) => {
        const bytes = Buffer.alloc(count * digestBytes);
        await digests.read(bytes, 0, bytes.length, first * digestBytes);
        return bytes;
      },
      whole: true,
      inUse,
      holds: () => true,
      close: async () => {
        await inUse.ended();
        await Promise.all([data.close(), digests.close()]);
      },
    };
  } catch (error) {
    await data.close();
    throw error;
  }
}

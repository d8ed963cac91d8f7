import { open } from 'node:fs/promises';
import { digestBytes } from '../../../shared/model/disk.ts';
import type { Shape } from '../store/digest-file.ts';
import { InUse } from '../store/in-use.ts';

/** A disk of this receiver from which blocks with the same digest are copied to other disks. */
export interface Donor {
  readonly path: string;
  readonly shape: Shape;
  /** A file descriptor for reads; open as long as the disk is a donor. */
  readonly fd: number;
  /** The digests of some of its blocks, in order. */
  digests(first: number, count: number): Promise<Uint8Array>;
  /** Whether the disk is complete and does not change. */
  readonly whole: boolean;
  /** Counts its readers; its files MUST NOT be closed before they have ended. */
  readonly inUse: InUse;
  /** Whether the file is known to hold what its digest says. */
  holds(block: number): boolean;
}

/** A donor with its own files, which MUST be closed after it was removed. */
export interface FileDonor extends Donor {
  close(): Promise<void>;
}

/**
 * Opens a whole disk in a file as a donor; `base.digests` holds its digests. Closing it waits for
 * its readers.
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

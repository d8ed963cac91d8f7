import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/**
 * Direct input and output asks for places, lengths and memory in multiples of the device's block,
 * which is no longer than this: bytes. See open(2), O_DIRECT.
 */
export const directUnit = 4096;

/**
 * Memory that begins at a page of the machine, and keeps its length: what can be resized is mapped,
 * where other memory comes from malloc.
 */
export function alignedMemory(length: number): ArrayBuffer {
  return new ArrayBuffer(length, { maxByteLength: length });
}

/** The same, seen by all threads. */
export function alignedSharedMemory(length: number): SharedArrayBuffer {
  return new SharedArrayBuffer(length, { maxByteLength: length });
}

/**
 * Opens a file to be read, or with `r+` also written, past the page cache, so that what is read was
 * really on the disk and the CPU copies nothing. Null where there is no such way.
 */
export async function openDirect(path: string, flags: 'r' | 'r+'): Promise<FileHandle | null> {
  const { O_DIRECT, O_RDONLY, O_RDWR } = constants;
  if (O_DIRECT === undefined) return null;
  const file = await open(path, (flags === 'r' ? O_RDONLY : O_RDWR) | O_DIRECT).catch(() => null);
  try {
    await file?.read(Buffer.from(alignedMemory(directUnit)), 0, directUnit, 0);
    return file;
  } catch {
    await file?.close();
    return null;
  }
}
